import type { FrameOptions } from "../../src/cassandra/frames.js";
import { replicaSetAt } from "../../src/cassandra/ring.js";
import { type Row, tileOf, tokenOf } from "./row-batches.js";

/** Of a cell: timestamp, TTL, local deletion time. */
const CELL_BYTES = 8 + 4 + 8;

/**
 * Sum over PartitionUpdate.dataSize() of Cassandra 5.0: each row its own partition in layout
 * node, all in one in layout tile.
 */
export function mutationBytes(rows: readonly Row[], { layout, nullAs }: FrameOptions): number {
  const partitions = layout === "node" ? rows.length : 1;
  const clusteringBytes = layout === "node" ? 1 : 2;
  const isUnset = ({ material }: Row) => material === null && nullAs === "unset";
  return rows.reduce((sum, row) => {
    const cells = isUnset(row) ? 4 : 5;
    const values = (row.material === null ? 0 : 4) + 4 + 1 + row.envelope.length + 8;
    return sum + clusteringBytes + 21 + cells * CELL_BYTES + values;
  }, partitions * 29);
}

/** Index of the set that owns a row. */
export function setOf(row: Row | undefined, { layout, ring }: FrameOptions): number | undefined {
  if (row === undefined) return undefined;
  return replicaSetAt({ ...ring, replicaSets: [] }, tokenOf(row, layout));
}

/** Whether two rows may share a frame, whatever its size. */
function belongTogether(one: Row, other: Row, options: FrameOptions): boolean {
  if (options.layout === "node") return setOf(one, options) === setOf(other, options);
  return one.level === other.level && tileOf(one) === tileOf(other);
}

/** The rows of each frame. */
export function cutRows(rows: readonly Row[], options: FrameOptions): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last !== undefined && mayJoin(last, row, options)) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

function mayJoin(group: readonly Row[], row: Row, options: FrameOptions): boolean {
  const [first] = group;
  if (first === undefined || group.length >= options.maxRows) return false;
  if (!belongTogether(first, row, options)) return false;
  return mutationBytes([...group, row], options) <= options.maxMutationBytes;
}
