import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RowDigester } from "../encoding/row-digester.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { deriveRows } from "../load/derive-stage.js";
import type { LoadSettings } from "../load/load-settings.js";
import { ProgressTracker } from "../load/progress-tracker.js";
import type { RowSelection } from "../load/row-selection.js";
import { ErrorCount, type RunContext, RunInterrupted } from "../load/run-context.js";
import { RunControl } from "../load/run-control.js";
import type { RunSourceFile } from "../load/run-file.js";
import { RunStore } from "../load/run-store.js";
import { scanSource } from "../load/scan.js";
import { SortedRun } from "../load/sorted-run.js";
import { numberColumnSets } from "../sink/column-sets.js";
import type { ColumnSet, SinkOrder } from "../sink/sink.js";
import { Source } from "../source/source.js";
import type { SourceOptions } from "../source/source-options.js";
import type { RowReader } from "../target/row-reader.js";
import type { Target } from "../target/target.js";

const SPILL_FOLDER = "spill";
const LOOK_MS = 250;

/** Where a validation's own files are, and how it goes about it. */
export interface SourceSideOptions {
  readonly folder: string;
  readonly validationId: string;
  readonly source: SourceOptions;
  readonly settings: LoadSettings;
  /** The rows to be sorted as a load would write them; by default all. */
  readonly selection?: RowSelection;
  readonly signal: AbortSignal;
  /** Called now and then while the source is read. */
  readonly onProgress: (phase: "scan" | "derive", rows: number, total: number) => void;
}

/** The rows that a source has now, read, derived and sorted as a load would write them. */
export class SourceSide {
  readonly source: Source;
  readonly sorted: SortedRun;
  /** Cells, rejected rows' included. */
  readonly cells: number;
  /** Rows that a load would reject, by code. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Of its rows. */
  readonly digester: RowDigester;
  readonly #folder: string;
  readonly #parts: Closable[];

  private constructor(
    { folder }: SourceSideOptions,
    source: Source,
    sorted: SortedRun,
    facts: Pick<SourceSide, "cells" | "rejected" | "digester">,
    parts: Closable[],
  ) {
    this.#folder = folder;
    this.source = source;
    this.sorted = sorted;
    this.cells = facts.cells;
    this.rejected = facts.rejected;
    this.digester = facts.digester;
    this.#parts = parts;
  }

  /**
   * Reads the source to its end.
   *
   * @throws OctoloadError SOURCE_*, SNAPSHOT_*, RUN_*, VALIDATION_INTERRUPTED
   */
  static async read(
    options: SourceSideOptions,
    target: Target,
    rows: Pick<RowReader, "order" | "readersAtOnce">,
  ): Promise<SourceSide> {
    const parts: Closable[] = [];
    try {
      const source = await Source.open(options.source);
      parts.push(async () => {
        await source.removeSnapshots();
        await source.close();
      });
      const context = await openContext(options, source, rows, parts);
      const sets = columnSetsOf(source, target);
      const facts = await readAll(options, source, sets, context);
      const digester = digesterOf(target, sets);
      return new SourceSide(options, source, context.sorted, { ...facts, digester }, parts);
    } catch (error) {
      await closeAll(parts);
      await removeSpill(options.folder);
      throw error instanceof RunInterrupted ? interrupted() : error;
    }
  }

  /** Removes the sorted rows and the source's private copy. */
  async close(): Promise<void> {
    await closeAll(this.#parts);
    await removeSpill(this.#folder);
  }
}

function removeSpill(folder: string): Promise<void> {
  return rm(join(folder, SPILL_FOLDER), { recursive: true, force: true });
}

type Closable = () => Promise<unknown>;

async function closeAll(parts: Closable[]): Promise<void> {
  for (let close = parts.pop(); close !== undefined; close = parts.pop()) {
    await close().catch(() => undefined);
  }
}

export function interrupted(): OctoloadError {
  return new OctoloadError("VALIDATION_INTERRUPTED", "the validation was ended from outside");
}

async function openContext(
  options: SourceSideOptions,
  source: Source,
  { order, readersAtOnce }: { readonly order: SinkOrder; readonly readersAtOnce: number },
  parts: Closable[],
): Promise<RunContext> {
  const { folder, validationId, settings, signal } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const store = await RunStore.open(folder);
  parts.push(() => store.close());
  const identity = [validationId, await source.fingerprint()];
  const sorted = await SortedRun.open({
    folder: join(folder, SPILL_FOLDER),
    identity: JSON.stringify(identity),
    memoryBytes: settings.memoryBytes,
    orders: [order],
    cursors: readersAtOnce,
    frame: settings.frame,
    coerceText: settings.coerceText,
    minLevel: settings.levels.min,
    maxLevel: settings.levels.max,
    limit: settings.limit ?? Number.MAX_SAFE_INTEGER,
    selection: options.selection,
  });
  parts.push(() => sorted.close());
  const control = await RunControl.open({
    runDir: folder,
    runId: validationId,
    rowsPerSecond: null,
  });
  parts.push(() => control.close());
  const nowMs = () => performance.now();
  const tracker = new ProgressTracker({ runId: validationId, sinkUrls: [], nowMs });
  return {
    ...{ settings, sorted, store, tracker, control, signal },
    reportsRejected: true,
    // A validation does not end for what the source has: it is what a load would reject too.
    errors: new ErrorCount(Number.MAX_SAFE_INTEGER, 0),
    emit: () => undefined,
  };
}

async function readAll(
  { onProgress }: SourceSideOptions,
  source: Source,
  columnSets: readonly (ColumnSet | undefined)[],
  context: RunContext,
): Promise<Pick<SourceSide, "cells" | "rejected">> {
  const counts = await source.countFiles();
  const total = counts.reduce((sum, rows) => sum + rows, 0);
  const { tracker, store } = context;
  let phase: "scan" | "derive" = "scan";
  tracker.phase(phase);
  const look = setInterval(() => onProgress(phase, tracker.snapshot().phaseRows, total), LOOK_MS);
  try {
    const numbers = columnSets.map((set) => set?.number ?? 0);
    await scanSource(source, numbers, context);
    phase = "derive";
    tracker.phase(phase);
    const derived = await deriveRows(filesOf(source, counts), source, context);
    const letters = await store.countDeadLetters();
    const rejected = Object.fromEntries(letters.map(({ code, rows }) => [code, rows]));
    return { cells: derived?.rows ?? 0, rejected };
  } finally {
    clearInterval(look);
  }
}

/** The numbers that the target knows the source's unmapped columns by. */
function columnSetsOf(source: Source, { meta }: Target): (ColumnSet | undefined)[] {
  const extras = source.files.map((file) =>
    file.extras.map(({ name, declaredType }) => ({ name, declaredType })),
  );
  return numberColumnSets(extras, [meta.columnSets]);
}

function digesterOf(
  { frame, meta }: Target,
  sets: readonly (ColumnSet | undefined)[],
): RowDigester {
  const own = sets.filter((set) => set !== undefined);
  const byNumber = new Map([...meta.columnSets, ...own].map((set) => [set.number, set]));
  return new RowDigester({ frame: frame.toJSON(), columnSets: [...byNumber.values()] });
}

function filesOf(source: Source, counts: readonly number[]): RunSourceFile[] {
  return source.files.map(({ path, table, columns, columnNames }, i) => ({
    ...{ path, table, columnNames, rows: counts[i] ?? 0 },
    columns: columns.map(({ name }) => name),
  }));
}
