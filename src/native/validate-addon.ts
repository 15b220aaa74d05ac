/** code (native/cql/result_rows.h, RowsCode), what it concerns; then of the block and the body. */
export type NativeResultRows = readonly [
  code: number,
  detail: number,
  rows: number,
  bytes: number,
  envelopeBytes: number,
  pagingOffset: number,
  pagingBytes: number,
];

/** code (native/validate/stored_rows.h, StoredCode), what it concerns; then of the block. */
export type NativeStoredRows = readonly [code: number, detail: number, rows: number, bytes: number];

/** code (native/validate/merge.h, MergeCode; -1: no such blocks), where both sides are, counts. */
export type NativeMergeStep = readonly [
  code: number,
  sourceAt: number,
  targetAt: number,
  found: number,
  equal: number,
  tooDeep: number,
];

/** The addon's part of comparing a target with its source. */
export interface ValidateAddon {
  /** The body of a RESULT frame as a block of native/batch/target_batch.h. layout: 0 node, 1 tile. */
  unpackRows(
    body: Uint8Array,
    flags: number,
    layout: number,
    output: Uint8Array,
    onPool: true,
  ): Promise<NativeResultRows>;
  /** As unpackRows(), rows of an embedded target as octoload_pack gives them. */
  unpackStored(
    packed: Uint8Array,
    isTile: boolean,
    output: Uint8Array,
    onPool: true,
  ): Promise<NativeStoredRows>;
  /**
   * A step of a merge. `state`: ten words, zero at the beginning of a part. `table`: four columns of
   * a quarter of its length each: kind, source row, target row, differing columns.
   */
  mergeRows(
    order: number,
    maxLevel: number,
    source: Uint8Array,
    sourceAt: number,
    sourceIsEnd: boolean,
    target: Uint8Array,
    targetAt: number,
    targetIsEnd: boolean,
    state: BigUint64Array,
    table: Uint32Array,
    onPool: true,
  ): Promise<NativeMergeStep>;
}
