import type { ColumnNames } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions, LoadSettings } from "../load/load-settings.js";
import { digestSelection } from "../load/row-selection.js";
import type { RunFile, RunSourceFile } from "../load/run-file.js";
import type { ColumnSet, LoadFacts, Sink } from "../sink/sink.js";
import { parseColumnMapping } from "../source/columns.js";
import type { Source } from "../source/source.js";
import type { SourceFile } from "../source/source-options.js";
import type { BegunRun } from "./begin-run.js";
import type { RedriveRequest, RedriveRows } from "./redrive-rows.js";

/** The options that say what a source is. */
export type SourceChoice = Pick<BackfillOptions, "sources" | "table" | "columns" | "snapshotDir">;

/** run.json but for the write time, which the targets decide. */
export type RunDescription = Omit<RunFile, "version" | "writeTimeUs">;

export async function describeRun(
  { runId, settings, options, redrive, predictions }: BegunRun,
  source: Source,
  sinks: readonly Sink[],
  redriveRows: RedriveRows | undefined,
): Promise<RunDescription> {
  return {
    runId,
    startedAt: new Date().toISOString(),
    state: "unfinished",
    resumes: 0,
    source: await describeSource(source, options),
    sinks: sinks.map(({ url }) => url),
    cursors: sinks.map(({ cursors }) => (settings.order === "source" ? 1 : cursors)),
    hot: options.hot ?? null,
    addSource: options.addSource ?? false,
    ...(predictions === undefined ? {} : { predictions }),
    ...settings,
    frame: settings.frame.toJSON(),
    ...(redrive === undefined || redriveRows === undefined
      ? {}
      : redriveFacts(redrive, redriveRows)),
  };
}

/** What run.json says of a source. */
export async function describeSource(
  source: Source,
  { sources = [], table, columns = {}, snapshotDir }: SourceChoice,
): Promise<RunFile["source"]> {
  return {
    name: source.name,
    given: sources,
    paths: source.files.map(({ path }) => path),
    table: table ?? null,
    columns: parseColumnMapping(columns),
    snapshotDir: snapshotDir ?? null,
    snapshots: snapshotsOf(source.files),
    fingerprint: await source.fingerprint(),
    files: await describeFiles(source),
    columnNames: columnNamesOf(source),
  };
}

function redriveFacts(
  { run }: RedriveRequest,
  { selection }: RedriveRows,
): Pick<RunFile, "redriveOf" | "redrive"> {
  const baseRunId = run.redrive?.baseRunId ?? run.runId;
  return { redriveOf: run.runId, redrive: { baseRunId, selection: digestSelection(selection) } };
}

function snapshotsOf(files: readonly SourceFile[]): string[] | null {
  const paths = files.flatMap(({ snapshotPath }) => snapshotPath ?? []);
  return paths.length === files.length ? paths : null;
}

/** The first file's: others of the same source usually have the same. */
function columnNamesOf({ files: [file] }: Source): ColumnNames {
  if (file === undefined) throw new OctoloadError("INTERNAL", "a source has no file");
  return file.columnNames;
}

async function describeFiles(source: Source): Promise<RunSourceFile[]> {
  const counts = await source.countFiles();
  return source.files.map(({ path, table, columns, columnNames }, i) => ({
    path,
    table,
    rows: counts[i] ?? 0,
    columns: columns.map(({ name }) => name),
    columnNames,
  }));
}

/** What a run's targets have to agree with. */
export function loadFacts(
  run: Pick<RunDescription, "source" | "runId" | "addSource" | "redrive">,
  sets: readonly (ColumnSet | undefined)[],
  { settings }: { readonly settings: Pick<LoadSettings, "frame"> },
): LoadFacts {
  const distinct = new Map(sets.flatMap((set) => (set === undefined ? [] : [[set.number, set]])));
  return {
    frame: settings.frame,
    sourceName: run.source.name,
    sourceFingerprint: run.source.fingerprint,
    table: run.source.files[0]?.table ?? "",
    columnNames: run.source.columnNames,
    columnSets: [...distinct.values()],
    columnOrder: run.source.files[0]?.columns ?? [],
    runId: run.runId,
    ...(run.redrive === undefined ? {} : { baseRunId: run.redrive.baseRunId }),
    addSource: run.addSource,
  };
}

/** Whatever decides which rows are sorted, and what their envelopes say. */
export function identityOf(run: RunFile): string {
  const { runId, source, frame, where, coerceText, levels, limit, redrive } = run;
  const all = [runId, source.fingerprint, frame, where, coerceText, levels, limit];
  return JSON.stringify(redrive === undefined ? all : [...all, redrive.selection]);
}
