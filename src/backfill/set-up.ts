import { OctoloadError } from "../errors/octoload-error.js";
import type { SinkCheckpoint } from "../load/checkpoint.js";
import { digestSelection } from "../load/row-selection.js";
import { type RunFile, type RunSourceFile, writeRunFile } from "../load/run-file.js";
import { numberColumnSets } from "../sink/column-sets.js";
import { createSink } from "../sink/create-sink.js";
import type { ColumnNames, ColumnSet, Sink, TargetFacts } from "../sink/sink.js";
import { lastWriteTimeUs, recordedColumnSets } from "../sink/sqlite/recorded.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { parseColumnMapping } from "../source/columns.js";
import { Source } from "../source/source.js";
import type { SourceFile } from "../source/source-options.js";
import type { BegunRun } from "./begin-run.js";
import {
  findRedriveRows,
  type RedriveRequest,
  type RedriveRows,
  restoreRedriveRows,
  storeRedriveRows,
} from "./redrive-rows.js";

/** Facts that processes of a run leave for the next one. */
export const facts = Object.freeze({
  columnSets: "columnSets",
  sorted: "sorted",
  redriveRows: "redriveRows",
});

/** A run whose source and targets were found to fit. */
export interface RunParts {
  readonly run: RunFile;
  /** undefined: the run has sorted everything, its own files are the source now. */
  readonly source: Source | undefined;
  readonly sinks: readonly Sink[];
  /** Number of each source file's set of unmapped columns; 0: none. */
  readonly columnSets: readonly number[];
  /** undefined: all rows are sent. */
  readonly redriveRows: RedriveRows | undefined;
}

/**
 * Opens the source, compares it with what the run began with, opens the targets
 * and writes run.json.
 *
 * @throws OctoloadError SOURCE_*, SNAPSHOT_*, TARGET_*, before a row was written
 */
export async function setUp(begun: BegunRun): Promise<RunParts> {
  const { options, earlier, store } = begun;
  const isSorted = earlier !== undefined && (await store.fact(facts.sorted)) === true;
  const sinks = (options.to ?? []).map(createSink);
  if (begun.settings.shard !== null) requireOneOrder(sinks);
  const source = isSorted ? undefined : await openSource(begun);
  try {
    if (earlier !== undefined && source !== undefined) await requireSameSource(earlier, source);
    if (earlier !== undefined) requireSameTargets(earlier, await store.checkpoints());
    const redriveRows = await redriveRowsOf(begun, source);
    const run = await writeRun(begun, source, sinks, redriveRows);
    const sets = await columnSetsOf(begun, source);
    if (!run.dryRun) await openSinks(sinks, targetFacts(run, sets, begun));
    const columnSets = sets.map((set) => set?.number ?? 0);
    return { run, source, sinks, columnSets, redriveRows };
  } catch (error) {
    for (const sink of sinks) await sink.close().catch(() => undefined);
    // A run that cannot begin leaves no copies; a resumed one needs them again.
    if (earlier === undefined) await source?.removeSnapshots().catch(() => undefined);
    await source?.close();
    throw error;
  }
}

/** A part of one order holds other rows than the same part of another one. */
function requireOneOrder(sinks: readonly Sink[]): void {
  if (new Set(sinks.map(({ order }) => order)).size <= 1) return;
  throw new OctoloadError("USAGE", "--shard takes targets of one layout, not of several");
}

function openSource({ options, earlier }: BegunRun): Promise<Source> {
  const { sourceName, table, columns, where, snapshotDir } = options;
  const before = earlier?.source;
  const name = sourceName ?? before?.name;
  const known = before?.snapshots ?? null;
  return Source.open({
    paths: known === null ? (options.sources ?? []) : (before?.paths ?? []),
    columns: columns ?? before?.columns ?? {},
    ...optional("name", name),
    ...optional("table", table ?? before?.table ?? undefined),
    ...optional("where", where ?? earlier?.where ?? undefined),
    ...(known === null ? optional("snapshotDir", snapshotDir) : { snapshots: known }),
  });
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

async function requireSameSource(earlier: RunFile, source: Source): Promise<void> {
  if ((await source.fingerprint()) === earlier.source.fingerprint) return;
  throw new OctoloadError(
    "SOURCE_CHANGED",
    `${earlier.source.name} is not what it was when the run ${earlier.runId} began`,
    {
      remedy: "Start over with --restart, or load from a copy that nobody writes to (--snapshot).",
    },
  );
}

/** What a checkpoint counts as loaded has to be there: a target notes each run that began on it. */
function requireSameTargets(earlier: RunFile, checkpoints: readonly SinkCheckpoint[]): void {
  for (const { url, position } of checkpoints) {
    if (position === null || parseTargetUrl(url).kind === "null") continue;
    if (lastWriteTimeUs(url) >= BigInt(earlier.writeTimeUs)) continue;
    throw new OctoloadError(
      "RUN_OTHER",
      `${url} is not the target that the run ${earlier.runId} wrote to: it was removed or replaced`,
      { remedy: "Bring the target back, or load everything again with --restart." },
    );
  }
}

/** On the disk before run.json says that there is such a run. */
async function redriveRowsOf(
  { earlier, redrive, store, settings }: BegunRun,
  source: Source | undefined,
): Promise<RedriveRows | undefined> {
  if (earlier?.redriveOf !== undefined) {
    return restoreRedriveRows(await store.fact(facts.redriveRows));
  }
  if (earlier !== undefined || redrive === undefined || source === undefined) return undefined;
  const rows = await findRedriveRows(source, redrive, settings);
  await store.putFact(facts.redriveRows, storeRedriveRows(rows));
  return rows;
}

async function writeRun(
  { runDir, runId, earlier, settings, options, redrive }: BegunRun,
  source: Source | undefined,
  sinks: readonly Sink[],
  redriveRows: RedriveRows | undefined,
): Promise<RunFile> {
  const { maxErrors, memoryBytes } = settings;
  if (earlier !== undefined) {
    const resumes = earlier.resumes + 1;
    return writeRunFile(runDir, {
      ...earlier,
      state: "unfinished",
      resumes,
      maxErrors,
      memoryBytes,
    });
  }
  if (source === undefined) throw new OctoloadError("INTERNAL", "a new run has no source");
  return writeRunFile(runDir, {
    runId,
    startedAt: new Date().toISOString(),
    state: "unfinished",
    resumes: 0,
    source: {
      name: source.name,
      given: options.sources ?? [],
      paths: source.files.map(({ path }) => path),
      table: options.table ?? null,
      columns: parseColumnMapping(options.columns ?? {}),
      snapshotDir: options.snapshotDir ?? null,
      snapshots: snapshotsOf(source.files),
      fingerprint: await source.fingerprint(),
      files: await describeFiles(source),
      columnNames: columnNamesOf(source),
    },
    sinks: sinks.map(({ url }) => url),
    addSource: options.addSource ?? false,
    ...settings,
    frame: settings.frame.toJSON(),
    writeTimeUs: String(writeTime(sinks)),
    ...(redrive === undefined || redriveRows === undefined
      ? {}
      : redriveFacts(redrive, redriveRows)),
  });
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
  return source.files.map(({ path, table, columns }, i) => ({
    path,
    table,
    rows: counts[i] ?? 0,
    columns: columns.map(({ name }) => name),
  }));
}

/** Later than every run before it, so that its rows win. */
function writeTime(sinks: readonly Sink[]): bigint {
  const last = sinks.map(({ url }) => lastWriteTimeUs(url) + 1000n);
  return [BigInt(Date.now()) * 1000n, ...last].reduce((a, b) => (a > b ? a : b));
}

/** Numbered once a run: its sorted envelopes hold the numbers. */
async function columnSetsOf(
  { store, options }: BegunRun,
  source: Source | undefined,
): Promise<(ColumnSet | undefined)[]> {
  const known = await store.fact(facts.columnSets);
  if (Array.isArray(known)) return known.map((set: ColumnSet | null) => set ?? undefined);
  const extras = source?.files.map(({ extras: columns }) =>
    columns.map(({ name, declaredType }) => ({ name, declaredType })),
  );
  const sets = numberColumnSets(extras ?? [], (options.to ?? []).map(recordedColumnSets));
  await store.putFact(
    facts.columnSets,
    sets.map((set) => set ?? null),
  );
  return sets;
}

function targetFacts(
  run: RunFile,
  sets: readonly (ColumnSet | undefined)[],
  { settings }: BegunRun,
): TargetFacts {
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
    ...optional("baseRunId", run.redrive?.baseRunId),
    writeTimeUs: BigInt(run.writeTimeUs),
    addSource: run.addSource,
  };
}

async function openSinks(sinks: readonly Sink[], target: TargetFacts): Promise<void> {
  for (const sink of sinks) await sink.open(target);
}
