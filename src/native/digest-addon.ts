import type { DictionaryHandle, FrameHandle } from "./handles.js";

declare const rowContextHandle: unique symbol;
/** What the envelopes of a target refer to, as the addon holds it; opaque. */
export interface RowContextHandle {
  readonly [rowContextHandle]: true;
}

/** Six words a range, ascending: its number, its rows, their sum with the lowest word first. */
export type DigestWords = BigUint64Array<ArrayBuffer>;

/** The digests of a batch's rows, added up. */
export interface NativeBatchDigests {
  /** The first row that has no digest; -1: none; -2: the block is no batch with these rows. */
  readonly firstBad: number;
  /** That row's (native/common/row_status.h). */
  readonly status: number;
  readonly sums: DigestWords;
}

/** The addon's part of digests. */
export interface DigestAddon {
  /** null where the names contradict each other: see native/addon/digest_calls.cpp. */
  createRowContext(
    frame: FrameHandle,
    dictionaries: readonly DictionaryHandle[],
    setNumbers: Uint32Array,
    nameCounts: Uint32Array,
    nameEnds: Uint32Array,
    names: Uint8Array,
  ): RowContextHandle | null;
  /** context, block, begin, end, leftOut (ascending), onPool. */
  digestBatch(...args: readonly unknown[]): NativeBatchDigests | Promise<NativeBatchDigests>;
  /** context, block, rows, digests (32 bytes a row), status, onPool: rows without one, or -2. */
  digestRows(...args: readonly unknown[]): number | Promise<number>;
  /** a, b, isDifference, onPool: null where one is no set, or `b` no part of `a`. */
  combineDigests(...args: readonly unknown[]): DigestWords | null | Promise<DigestWords | null>;
  /** bytes, offsets, isScalar, digests, onPool: whether the offsets ascend. For the benchmark. */
  sha256Rows(...args: readonly unknown[]): boolean | Promise<boolean>;
}
