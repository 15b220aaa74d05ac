import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { NativeBatchDigests, RowContextHandle } from "../native/digest-addon.js";
import { requireArray } from "./arrays.js";
import { type Dictionary, handleOf } from "./dictionary.js";
import { DigestSet } from "./digest-set.js";
import type { FrameSpec } from "./frame.js";
import { frameHandle } from "./frame-handle.js";
import { engine } from "./kernel.js";
import { callNative, callNativeOnPool, type NativeCall } from "./native-call.js";
import { codesOfStatus } from "./row-status.js";

/** SHA-256. */
export const DIGEST_BYTES = 32;
const NO_BATCH = -2;

/** What the envelopes of a target refer to. */
export interface RowContext {
  readonly frame: FrameSpec;
  readonly dictionaries?: readonly Dictionary[];
  /** Sets of unmapped columns by their numbers, names in the set's order. */
  readonly columnSets?: readonly {
    readonly number: number;
    readonly columns: readonly { readonly name: string }[];
  }[];
}

/** Finished rows as one block of memory (native/batch/sink_batch.h); a sink's batch is one. */
export interface DigestBatch {
  readonly block: ArrayBufferLike;
  readonly rows: number;
}

/** Rows [begin, end) of a batch but for those left out, by their indexes; by default all. */
export interface RowPart {
  readonly begin?: number;
  readonly end?: number;
  readonly leftOut?: readonly number[];
}

/** Digests of single rows. */
export interface RowDigests {
  /** SHA-256, DIGEST_BYTES a row; zeros where the row has none. */
  readonly digests: Uint8Array;
  /** A byte a row, rowStatus: why it has none. */
  readonly status: Uint8Array;
  /** Rows that have none. */
  readonly bad: number;
}

/**
 * Digests of finished rows (docs/digest.md): each row's envelope is opened and verified on the way.
 * Immutable, so any number of calls may run at a time. Takes about 0.3 us a row.
 */
export class RowDigester {
  readonly #context: RowContextHandle;

  /** @throws OctoloadError ARG_*, FRAME_INVALID */
  constructor({ frame, dictionaries = [], columnSets = [] }: RowContext) {
    const names = columnSets.flatMap(({ columns }) =>
      columns.map(({ name }) => Buffer.from(name, "utf8")),
    );
    let end = 0;
    const ends = Uint32Array.from(names, ({ length }) => {
      end += length;
      return end;
    });
    const context = engine().addon.createRowContext(
      frameHandle(frame),
      dictionaries.map((dictionary, i) => handleOf(`dictionaries[${i}]`, dictionary)),
      Uint32Array.from(columnSets, ({ number }) => number),
      Uint32Array.from(columnSets, ({ columns }) => columns.length),
      ends,
      new Uint8Array(Buffer.concat(names)),
    );
    if (context === null) throw new OctoloadError("INTERNAL", "column sets contradict themselves");
    this.#context = context;
  }

  /**
   * The set of a batch's rows.
   *
   * @throws OctoloadError ENVELOPE_*, CODE_OUT_OF_RANGE, LEVEL_INVALID naming the first row whose
   *   envelope is not what was encoded; ARG_*
   */
  digestBatch(batch: DigestBatch, part: RowPart = {}): DigestSet {
    const call = this.#batchCall(batch, part);
    return setOf(callNative<NativeBatchDigests>(engine().addon.digestBatch, call));
  }

  /** As digestBatch(), on libuv's pool; the block is in use until it resolves. */
  async digestBatchAsync(batch: DigestBatch, part: RowPart = {}): Promise<DigestSet> {
    const call = this.#batchCall(batch, part);
    return setOf(await callNativeOnPool<NativeBatchDigests>(engine().addon.digestBatch, call));
  }

  /**
   * The digests of some rows of a batch, by their indexes; a bad row harms no other.
   *
   * @throws OctoloadError ARG_*
   */
  digestRows(batch: DigestBatch, rows: Uint32Array): RowDigests {
    const { call, result } = this.#rowsCall(batch, rows);
    return result(callNative<number>(engine().addon.digestRows, call));
  }

  /** As digestRows(), on libuv's pool; the block is in use until it resolves. */
  async digestRowsAsync(batch: DigestBatch, rows: Uint32Array): Promise<RowDigests> {
    const { call, result } = this.#rowsCall(batch, rows);
    return result(await callNativeOnPool<number>(engine().addon.digestRows, call));
  }

  #batchCall(batch: DigestBatch, { begin = 0, end, leftOut = [] }: RowPart): NativeCall {
    const left = Uint32Array.from(leftOut).sort();
    const block = new Uint8Array(batch.block);
    return {
      args: [this.#context, block, begin, end ?? batch.rows, left, false],
      names: ["", "batch.block", "begin", "end", "leftOut", ""],
      firstOutput: 5,
    };
  }

  #rowsCall(batch: DigestBatch, rows: Uint32Array) {
    requireArray("rows", rows, "Uint32Array");
    const digests = new Uint8Array(DIGEST_BYTES * rows.length);
    const status = new Uint8Array(rows.length);
    const block = new Uint8Array(batch.block);
    const call: NativeCall = {
      args: [this.#context, block, rows, digests, status, false],
      names: ["", "batch.block", "rows", "digests", "status", ""],
      firstOutput: 3,
    };
    const result = (bad: number): RowDigests => {
      if (bad === NO_BATCH) throw noBatch();
      return { digests, status, bad };
    };
    return { call, result };
  }
}

function setOf({ firstBad, status, sums }: NativeBatchDigests): DigestSet {
  if (firstBad === NO_BATCH) throw noBatch();
  if (firstBad < 0) return new DigestSet(sums);
  const code = codesOfStatus(status)[0] ?? "INTERNAL";
  throw new OctoloadError(code, `row ${describeValue(firstBad)} of a batch cannot be read`);
}

function noBatch(): OctoloadError {
  return new OctoloadError("ARG_TYPE", "batch.block must be a batch that has the rows asked for");
}
