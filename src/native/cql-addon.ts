/**
 * What encodeFrames came to: code (native/cql/frames.h, Code), bytes or row it concerns,
 * frames encoded.
 */
export type NativeFrames = readonly [code: number, detail: number, frames: number];

/** The addon's part of writing to Cassandra. */
export interface CqlAddon {
  /**
   * block, begin, end, layout, nullAs, consistency, maxRows, maxBytes, timestamp, preparedId,
   * boundaries, replicaSetOf, output, table, onPool.
   *
   * layout: 0 node, 1 tile; nullAs: 0 null, 1 unset; timestamp: one element of eight bytes.
   * The table holds six columns of a sixth of its length each: offset, length, first row, rows,
   * replica set, mutation bytes.
   */
  encodeFrames(...args: readonly unknown[]): NativeFrames | Promise<NativeFrames>;
}
