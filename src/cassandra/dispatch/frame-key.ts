import type { Layout } from "../../encoding/layout.js";
import { type Column, rowTables } from "../tables.js";

/** Header: version, flags, stream, opcode, length (CQL binary protocol v4, section 2). */
const HEADER_BYTES = 9;
const OPCODE_AT = 4;
const EXECUTE = 0x0a;

/** The columns of a row's key, in the order they stand in a frame. */
export function keyColumns(layout: Layout): readonly Column[] {
  const { columns, partitionKey, clusteringKey } = rowTables[layout];
  return columns.slice(0, partitionKey.length + clusteringKey.length);
}

/** The key of a frame's first row, for frames as encodeFrames() writes them. */
export function firstKeyOf(frame: Uint8Array, layout: Layout): (bigint | number)[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = frame[OPCODE_AT] === EXECUTE ? executeValuesAt(view) : batchValuesAt(view);
  return keyColumns(layout).map(({ type }) => {
    const value = at + 4;
    at = value + view.getInt32(at);
    if (type === "bigint") return view.getBigInt64(value);
    return type === "smallint" ? view.getInt16(value) : view.getInt8(value);
  });
}

/** [id], consistency, flags, count of values: section 4.1.6. */
function executeValuesAt(view: DataView): number {
  return HEADER_BYTES + 2 + view.getUint16(HEADER_BYTES) + 2 + 1 + 2;
}

/** Type, count of statements, then of the first: kind, [id], count of values: section 4.1.7. */
function batchValuesAt(view: DataView): number {
  const id = HEADER_BYTES + 1 + 2 + 1;
  return id + 2 + view.getUint16(id) + 2;
}
