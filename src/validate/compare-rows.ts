import { OctoloadError } from "../errors/octoload-error.js";
import { digestDelivery } from "../load/digest-delivery.js";
import { positionBefore } from "../load/order-key.js";
import type { Delivery } from "../load/sorted-run.js";
import type { RowBlock, RowRange, RowReader } from "../target/row-reader.js";
import type { RangeCount } from "./count-rows.js";
import { type OtherSources, withoutRejected } from "./excused-extras.js";
import type { FindingsFile } from "./findings-file.js";
import type { KeptRanges, RangeState } from "./kept-ranges.js";
import { boundsOf, type KeyBounds, rangeName, rangesOf } from "./key-ranges.js";
import type { UncheckedRange } from "./result.js";
import { MergeMemory, RowMerge } from "./row-merge.js";
import { interrupted, type SourceSide } from "./source-side.js";

export interface CompareOptions {
  readonly source: SourceSide;
  readonly rows: RowReader;
  readonly others: OtherSources;
  readonly findings: FindingsFile;
  /** What an earlier validation left: its ranges are taken, and the clean ones passed over. */
  readonly kept?: KeptRanges | undefined;
  readonly signal: AbortSignal;
  /** Called after each block with the rows compared, and those of them that differ so far. */
  readonly onProgress: (rows: number, found: number) => void;
}

/** What a comparison of all ranges came to. */
export interface Comparison {
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly equal: number;
  readonly tooDeep: number;
  /** Rows of the target that need not be the source's. */
  readonly excused: number;
  readonly ranges: readonly RangeCount[];
  readonly unchecked: readonly UncheckedRange[];
  /** Of all ranges, also of those that were passed over. */
  readonly states: readonly RangeState[];
  /** Ranges that were passed over, and the source's rows in them. */
  readonly passedOver: { readonly ranges: number; readonly rows: number };
}

/** A target's failure, which ends a range and not the validation. */
class RangeUnread extends Error {
  readonly fault: OctoloadError;

  constructor(fault: OctoloadError) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Compares a target's rows with the source's, several ranges at once, each in the sink's order. */
export class RowComparison {
  readonly #options: CompareOptions;
  readonly #unchecked: UncheckedRange[] = [];
  readonly #ranges: RangeCount[] = [];
  #sums = { sourceRows: 0, targetRows: 0, equal: 0, tooDeep: 0, excused: 0 };
  readonly #states: RangeState[] = [];
  readonly #passedOver = { ranges: 0, rows: 0 };
  #rows = 0;
  #found = 0;

  constructor(options: CompareOptions) {
    this.#options = options;
  }

  /** @throws OctoloadError RUN_*, SPILL_DAMAGED, INTERNAL, VALIDATION_INTERRUPTED */
  async run(): Promise<Comparison> {
    const { rows, source, kept } = this.#options;
    const ranges = kept?.ranges.map(({ range }) => range) ?? [...rangesOf(rows, source.cells)];
    const lanes = Array.from({ length: rows.readersAtOnce }, () => this.#compareRanges(ranges));
    const ended = await Promise.allSettled(lanes);
    const failed = ended.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return {
      ...this.#sums,
      ranges: this.#ranges,
      unchecked: this.#unchecked,
      states: this.#states,
      passedOver: this.#passedOver,
    };
  }

  /** Takes ranges from the list until it is empty. */
  async #compareRanges(left: RowRange[]): Promise<void> {
    const memory = new MergeMemory();
    try {
      for (let range = left.shift(); range !== undefined; range = left.shift()) {
        await this.#compareRange(range, memory);
      }
    } catch (error) {
      // The other lanes end after their ranges.
      left.length = 0;
      throw this.#options.signal.aborted ? interrupted() : error;
    }
  }

  async #compareRange(range: RowRange, memory: MergeMemory): Promise<void> {
    const { findings, signal } = this.#options;
    signal.throwIfAborted();
    const bounds = boundsOf(range.tokens);
    if (await this.#passOver(range, bounds, memory)) return;
    const merge = await this.#openMerge(range, bounds, memory);
    const name = rangeName(range);
    try {
      await this.#mergeAll(range, merge);
      const excused = await this.#excuse(range, bounds);
      const { sourceRows, targetRows, equal, tooDeep } = merge.counts;
      const { rows, root } = await merge.digests();
      const isClean = equal === sourceRows && targetRows - excused === sourceRows;
      this.#states.push({ range, rows, sum: root, isClean });
      findings.addPart({
        part: range.number,
        range: name,
        sourceRows,
        targetRows,
        equal,
        fault: null,
      });
      this.#ranges.push({ range: name, expected: sourceRows, found: targetRows - excused });
      this.#sums = sumOf(this.#sums, { sourceRows, targetRows, equal, tooDeep, excused });
    } catch (error) {
      if (!(error instanceof RangeUnread) || signal.aborted) throw error;
      const { code, message } = error.fault;
      findings.dropPart(range.number);
      const { number: part } = range;
      findings.addPart({ part, range: name, sourceRows: 0, targetRows: 0, equal: 0, fault: code });
      this.#unchecked.push({ range: name, code, message });
      this.#states.push({ range, rows: 0, sum: "", isClean: false });
    } finally {
      await merge.close();
    }
  }

  /** Whether the range was clean, and the source has in it what it had. */
  async #passOver(range: RowRange, bounds: KeyBounds, memory: MergeMemory): Promise<boolean> {
    const { kept, source } = this.#options;
    const before = kept?.ranges[range.number];
    if (before === undefined || !before.isClean) return false;
    const delivery = await this.#openDelivery(bounds);
    const { rows, root } = await digestDelivery(delivery, source.digester, { memory });
    if (rows !== before.rows || root !== before.sum) return false;
    this.#states.push(before);
    this.#passedOver.ranges += 1;
    this.#passedOver.rows += rows;
    return true;
  }

  #openDelivery({ lower, upper }: KeyBounds): Promise<Delivery> {
    const { source, rows } = this.#options;
    const position = lower === undefined ? undefined : positionBefore(lower);
    return source.sorted.openDelivery(rows.order, position, upper);
  }

  async #openMerge(range: RowRange, bounds: KeyBounds, memory: MergeMemory): Promise<RowMerge> {
    const { source, rows, signal } = this.#options;
    const delivery = await this.#openDelivery(bounds);
    const blocks = readable(rows.blocks(range, signal));
    return new RowMerge(rows, delivery, blocks, source.digester, memory);
  }

  async #mergeAll({ number }: RowRange, merge: RowMerge): Promise<void> {
    const { findings, onProgress, signal } = this.#options;
    let before = 0;
    for (let found = await merge.next(); found !== undefined; found = await merge.next()) {
      if (found.rows !== undefined) findings.addRows(number, found.rows.batch, found.rows.indexes);
      if (found.extras.length > 0) findings.addExtras(number, found.extras);
      this.#rows += merge.counts.sourceRows - before;
      before = merge.counts.sourceRows;
      this.#found += (found.rows?.indexes.length ?? 0) + found.extras.length;
      onProgress(this.#rows, this.#found);
      signal.throwIfAborted();
    }
  }

  /** Of the target's rows that the source does not send, those that are nobody's fault. */
  async #excuse({ number }: RowRange, bounds: KeyBounds): Promise<number> {
    const { findings, others, source, rows } = this.#options;
    const extras = findings.extrasOf(number);
    if (extras.length === 0) return 0;
    const own = extras.filter((key) => !others.hold(key));
    const hasRejected = Object.keys(source.rejected).length > 0;
    const left = hasRejected ? await withoutRejected(source.sorted, rows.order, bounds, own) : own;
    const faults = new Set(left.map(({ id }) => id));
    findings.dropCandidates(extras.map(({ id }) => id).filter((id) => !faults.has(id)));
    return extras.length - left.length;
  }
}

function sumOf<Counts extends Readonly<Record<string, number>>>(a: Counts, b: Counts): Counts {
  const sums = Object.keys(a).map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)] as const);
  return Object.fromEntries(sums) as Counts;
}

/** So that a failure of the target is told from one of our own. */
async function* readable(blocks: AsyncGenerator<RowBlock, void>): AsyncGenerator<RowBlock, void> {
  try {
    yield* blocks;
  } catch (error) {
    throw error instanceof OctoloadError ? new RangeUnread(error) : error;
  }
}
