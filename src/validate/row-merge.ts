import { DigestSet } from "../encoding/digest-set.js";
import type { RowDigester } from "../encoding/row-digester.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { orderNumber } from "../load/order-key.js";
import type { Chunk, Delivery } from "../load/sorted-run.js";
import { nativeAddon } from "../native/addon.js";
import type { SinkOrder } from "../sink/sink.js";
import { type SinkBatch, viewSinkBatch } from "../sink/sink-batch.js";
import type { RowBlock } from "../target/row-reader.js";
import type { CellKey } from "../target/stored-rows.js";

/** What one step of a merge found. */
export interface MergeFindings {
  /** The source's rows that the target has not, or has otherwise. */
  readonly rows: { readonly batch: SinkBatch; readonly indexes: readonly number[] } | undefined;
  /** The target's rows that the source has not. */
  readonly extras: readonly CellKey[];
}

export interface MergeCounts {
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly equal: number;
  /** Rows of the source below the target's deepest level: a load rejects them. */
  readonly tooDeep: number;
}

const TABLE_ROWS = 4096;
const STATE_WORDS = 10;
const ROWS_A_CHUNK = 8192;
const CHUNK_BYTES = 2 ** 20;

/** Of native/validate/merge.h. */
const code = Object.freeze({
  done: 0,
  needsSource: 1,
  needsTarget: 2,
  tableFull: 3,
  sourceOrder: 4,
});
const kind = Object.freeze({ extra: 1 });

const noBytes = new Uint8Array();

/** One side's block and how far it has been compared. */
interface Side {
  block: Uint8Array;
  at: number;
  isEnd: boolean;
}

/** Of merges one after another: a process would gather theirs faster than the collector takes them. */
export class MergeMemory {
  /** Of the source's block. */
  block = new SharedArrayBuffer(CHUNK_BYTES);
  /** For the one that is read while that is compared. */
  free = new SharedArrayBuffer(CHUNK_BYTES);
  readonly table = new Uint32Array(4 * TABLE_ROWS);
}

/** A part of the order: the source's rows and the target's, side by side. */
export class RowMerge {
  readonly #order: SinkOrder;
  readonly #maxLevel: number;
  readonly #delivery: Delivery;
  readonly #blocks: AsyncIterator<RowBlock>;
  readonly #state = new BigUint64Array(STATE_WORDS);
  readonly #memory: MergeMemory;
  readonly #source: Side = { block: noBytes, at: 0, isEnd: false };
  readonly #target: Side = { block: noBytes, at: 0, isEnd: false };
  #nextChunk: Promise<Chunk> | undefined;
  readonly #digester: RowDigester;
  /** Of all chunks so far; the last one is being digested while it is compared. */
  #digests: Promise<DigestSet> = Promise.resolve(DigestSet.empty);
  readonly #counts = { sourceRows: 0, targetRows: 0, equal: 0, tooDeep: 0 };

  constructor(
    { order, maxLevel }: { readonly order: SinkOrder; readonly maxLevel: number },
    delivery: Delivery,
    blocks: AsyncIterator<RowBlock>,
    digester: RowDigester,
    memory = new MergeMemory(),
  ) {
    this.#memory = memory;
    this.#order = order;
    this.#maxLevel = maxLevel;
    this.#delivery = delivery;
    this.#blocks = blocks;
    this.#digester = digester;
  }

  get counts(): MergeCounts {
    return this.#counts;
  }

  /**
   * Goes on until something was found or a block was read.
   *
   * @returns undefined at the end of both sides. The rows are views: the next call fills their
   *   memory again
   * @throws OctoloadError INTERNAL where one side is not in order; and what the sides throw
   */
  async next(): Promise<MergeFindings | undefined> {
    this.#readAhead();
    const step = await nativeAddon().mergeRows(
      orderNumber(this.#order),
      this.#maxLevel,
      this.#source.block,
      this.#source.at,
      this.#source.isEnd,
      this.#target.block,
      this.#target.at,
      this.#target.isEnd,
      this.#state,
      this.#memory.table,
      true,
    );
    const [result, sourceAt, targetAt, found, equal, tooDeep] = step;
    requireOrder(result);
    this.#count(sourceAt - this.#source.at, targetAt - this.#target.at, equal, tooDeep);
    const findings = this.#findings(found);
    this.#source.at = sourceAt;
    this.#target.at = targetAt;
    if (result === code.needsSource) await this.#readSource();
    if (result === code.needsTarget) await this.#readTarget();
    return result === code.done && found === 0 ? undefined : findings;
  }

  /** Of the source's rows that were read. */
  digests(): Promise<DigestSet> {
    return this.#digests;
  }

  /** Leaves nothing on the way, so that the memory is free again; not called again. */
  async close(): Promise<void> {
    await this.#nextChunk?.catch(() => undefined);
    await this.#digests.catch(() => undefined);
  }

  #count(sourceRows: number, targetRows: number, equal: number, tooDeep: number): void {
    this.#counts.sourceRows += sourceRows - tooDeep;
    this.#counts.targetRows += targetRows;
    this.#counts.equal += equal;
    this.#counts.tooDeep += tooDeep;
  }

  /** The target's keys are copies; the source's rows are in memory that readAhead() fills again. */
  #findings(found: number): MergeFindings {
    const column = (number: number) => {
      return this.#memory.table.subarray(number * TABLE_ROWS, number * TABLE_ROWS + found);
    };
    const [kinds, sourceRows, targetRows] = [column(0), column(1), column(2)];
    const isExtra = (_row: number, i: number) => kinds[i] === kind.extra;
    const indexes = Array.from(sourceRows).filter((row, i) => !isExtra(row, i));
    const extras = keysAt(this.#target.block, Array.from(targetRows).filter(isExtra));
    const rows =
      indexes.length === 0 ? undefined : { batch: viewSinkBatch(this.#memory.block), indexes };
    return { rows, extras };
  }

  /** Where all rows of a chunk had lost their collisions there is no block, but there may be more. */
  async #readSource(): Promise<void> {
    const { block, isEnd } = await (this.#nextChunk ?? this.#readChunk());
    this.#nextChunk = undefined;
    // The block before is filled again from here on.
    const before = await this.#digests;
    if (block !== undefined) {
      [this.#memory.block, this.#memory.free] = [block, this.#memory.block];
      this.#digests = this.#addDigests(before, block);
      // Handled where it is awaited; until then another failure may come first.
      this.#digests.catch(() => undefined);
    }
    this.#source.block = block === undefined ? noBytes : new Uint8Array(block);
    this.#source.at = 0;
    this.#source.isEnd = isEnd;
  }

  /**
   * Fills the memory of the block before: not earlier, as the caller was looking at findings in it,
   * and they are told after the block that follows them was read.
   */
  #readAhead(): void {
    if (this.#source.block.length === 0 || this.#source.isEnd) return;
    this.#nextChunk ??= this.#readChunk();
  }

  async #addDigests(before: DigestSet, block: SharedArrayBuffer): Promise<DigestSet> {
    return before.plus(await this.#digester.digestBatchAsync(viewSinkBatch(block)));
  }

  #readChunk(): Promise<Chunk> {
    const chunk = this.#delivery.next(ROWS_A_CHUNK, this.#memory.free);
    // Handled where it is awaited; until then another failure may come first.
    chunk.catch(() => undefined);
    return chunk;
  }

  async #readTarget(): Promise<void> {
    const { value, done } = await this.#blocks.next();
    this.#target.block = done === true ? noBytes : value.block;
    this.#target.at = 0;
    this.#target.isEnd = done === true;
  }
}

function requireOrder(result: number): void {
  if (result >= 0 && result < code.sourceOrder) return;
  const whose = result === code.sourceOrder ? "the source's" : "the target's";
  throw new OctoloadError(
    "INTERNAL",
    `${whose} rows do not come in their order (${result}), so that nobody can say which are missing`,
  );
}

function keysAt(block: Uint8Array, rows: readonly number[]): CellKey[] {
  if (rows.length === 0) return [];
  const { levels, tiles, cells } = viewSinkBatch(block.buffer);
  return rows.map((row) => ({
    level: levels[row] ?? 0,
    tile: tiles[row] ?? 0n,
    cell: cells[row] ?? 0,
  }));
}
