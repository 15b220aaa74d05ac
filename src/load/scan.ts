import { rowStatus } from "../encoding/row-status.js";
import { sourceColumns } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { RowValue } from "../source/file-reader.js";
import type { Source } from "../source/source.js";
import type { SourceFile } from "../source/source-options.js";
import type { DeadLetter } from "./checkpoint.js";
import { describeRow } from "./dead-letter-row.js";
import { describeRowFault } from "./row-faults.js";
import { RunInterrupted, type StageContext } from "./run-context.js";
import type { FileColumns } from "./sorted-run.js";

export const scanLimits = Object.freeze({ maxRows: 8192, maxBytes: 4 * 2 ** 20 });
/** A change of the source is noticed within so many batches, and once more at the end. */
const BATCHES_BETWEEN_CHECKS = 32;

const HEAD_WORDS = 4;

/** A batch that was read, and what became of it. */
export interface ScannedBatch {
  readonly file: number;
  /** native/batch/source_batch.h */
  readonly block: ArrayBuffer;
  readonly rowids: BigInt64Array;
  /** One byte a row: what is wrong with it. */
  readonly status: Uint8Array;
  /** Some of the statuses are not ok. */
  readonly hasRejected: boolean;
}

/**
 * Reads the source to its end, from where the run's sorted files end: each batch
 * is encoded and sorted while the next one is read.
 *
 * @param columnSets of each file
 * @param watch is shown each batch
 * @throws OctoloadError SOURCE_CHANGED, MAX_ERRORS, RUN_*; RunInterrupted
 */
export async function scanSource(
  source: Source,
  columnSets: readonly number[],
  context: StageContext,
  watch: (batch: ScannedBatch) => void = () => undefined,
): Promise<void> {
  const { sorted } = context;
  const scan = new Scan(source, context, watch);
  const columns = columnsOfFiles(source, columnSets);
  for (const [number, file] of source.files.entries()) {
    const { mark } = sorted;
    const of = columns[number];
    if (number < mark.file || of === undefined) continue;
    const after = number === mark.file ? mark.rowid : null;
    await scan.readFile(file, of, after);
  }
  await source.check();
  const startMs = performance.now();
  await sorted.finishInput();
  context.tracker.busy("sort", performance.now() - startMs, 0);
}

class Scan {
  readonly #source: Source;
  readonly #context: StageContext;
  readonly #watch: (batch: ScannedBatch) => void;
  readonly #gate;
  #batches = 0;
  #cpuMs = { prepare: 0, encode: 0, sort: 0 };

  constructor(source: Source, context: StageContext, watch: (batch: ScannedBatch) => void) {
    this.#source = source;
    this.#context = context;
    this.#watch = watch;
    this.#gate = context.control.createGate();
  }

  async readFile(file: SourceFile, columns: FileColumns, after: bigint | null): Promise<void> {
    let next = this.#read(columns.file, after);
    for (;;) {
      const block = await next;
      if (block === null) return;
      const rowids = rowidsOf(block);
      const last = rowids.at(-1);
      if (last === undefined) return;
      await this.#pause(next);
      next = this.#read(columns.file, last);
      // Handled where it is awaited; until then another failure may come first.
      next.catch(() => undefined);
      const { status, hasRejected } = await this.#add(block, rowids.length, columns);
      this.#watch({ file: columns.file, block, rowids, status, hasRejected });
      if (hasRejected) await this.#reject(file, columns.file, rowids, status);
      this.#batches += 1;
      if (this.#batches % BATCHES_BETWEEN_CHECKS === 0) await this.#source.check();
    }
  }

  async #read(file: number, after: bigint | null): Promise<ArrayBuffer | null> {
    const startMs = performance.now();
    const block = await this.#source.read(file, after, scanLimits);
    const rows = block === null ? 0 : rowidsOf(block).length;
    this.#context.tracker.busy("pack", performance.now() - startMs, rows);
    return block;
  }

  /** Waits while the run is paused; ends it where it is to end. */
  async #pause(reading: Promise<unknown>): Promise<void> {
    const { signal, sorted, errors } = this.#context;
    if (!signal.aborted) await this.#gate.acquire(0, signal).catch(() => undefined);
    if (!signal.aborted && !errors.isOver) return;
    await reading;
    await sorted.spill();
    if (signal.aborted) throw new RunInterrupted();
    throw new OctoloadError(
      "MAX_ERRORS",
      `${errors.rejected} rows were rejected, ${errors.allowed} are allowed`,
    );
  }

  async #add(
    block: ArrayBuffer,
    rows: number,
    columns: FileColumns,
  ): Promise<{ readonly status: Uint8Array; readonly hasRejected: boolean }> {
    const { sorted, tracker } = this.#context;
    const rejectedBefore = sorted.mark.rejected;
    const startMs = performance.now();
    const added = await sorted.add(new Uint8Array(block), rows, columns);
    const before = this.#cpuMs;
    this.#cpuMs = added.cpuMs;
    const sortMs = added.cpuMs.sort - before.sort;
    const encodeMs = added.cpuMs.prepare + added.cpuMs.encode - before.prepare - before.encode;
    tracker.busy("encode", encodeMs, rows);
    tracker.busy("sort", sortMs, rows);
    tracker.limit(performance.now() - startMs > 2 * (sortMs + encodeMs) ? "disk" : "encode");
    tracker.scanned(rows);
    return { status: added.status, hasRejected: added.mark.rejected > rejectedBefore };
  }

  /** Dead letters are on the disk before a later spill could take their rows as done. */
  async #reject(
    file: SourceFile,
    number: number,
    rowids: BigInt64Array,
    status: Uint8Array,
  ): Promise<void> {
    if (!this.#context.reportsRejected) return;
    const rejected: { rowid: bigint; status: number }[] = [];
    for (const [row, code] of status.entries()) {
      if (code !== rowStatus.ok) rejected.push({ rowid: rowids[row] ?? 0n, status: code });
    }
    if (rejected.length === 0) return;
    const values = await this.#source.rows(
      number,
      rejected.map(({ rowid }) => rowid),
    );
    const { frame } = this.#context.settings;
    const letters = rejected.map((row, i): DeadLetter => {
      const value = values[i] ?? null;
      const fault = describeRowFault(row.status, frame, pointOf(file, value));
      return {
        file: file.path,
        rowid: row.rowid,
        sink: "",
        stage: "encode",
        ...fault,
        row: value === null ? null : describeRow(columnNamesOf(file), value),
      };
    });
    const added = await this.#context.store.addDeadLetters(letters);
    for (const index of added) this.#context.tracker.rejected(letters[index]?.code ?? "", 1);
    this.#context.errors.add(added.length);
  }
}

/** @param columnSets of each file: the number of its set of unmapped columns, 0 for none */
export function columnsOfFiles(source: Source, columnSets: readonly number[]): FileColumns[] {
  return source.files.map((file, number) => ({
    file: number,
    absent: absentMask(file),
    columnSet: columnSets[number] ?? 0,
  }));
}

/** Of a block of native/batch/source_batch.h. */
export function rowidsOf(block: ArrayBuffer): BigInt64Array {
  const rows = Number(new BigUint64Array(block, 8, 1)[0]);
  return new BigInt64Array(block, HEAD_WORDS * 8, rows);
}

/** X, Y and Z that a point column gives are no columns of the table either. */
function absentMask({ absent, geometry }: SourceFile): number {
  const ofPoint = geometry === null ? [] : (["x", "y", "z"] as const);
  return [...absent, ...ofPoint].reduce((mask, key) => mask | (1 << sourceColumns.indexOf(key)), 0);
}

function columnNamesOf(file: SourceFile): readonly string[] {
  return file.columns.map(({ name }) => name);
}

function pointOf(file: SourceFile, values: readonly RowValue[] | null): readonly unknown[] {
  const names = columnNamesOf(file);
  const { x, y, z } = file.columnNames;
  return [x, y, z].map((name) => {
    const at = name === null ? -1 : names.indexOf(name);
    return at < 0 ? "?" : (values?.[at] ?? null);
  });
}

export { absentMask, columnNamesOf, pointOf };
