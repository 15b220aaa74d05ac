import type { Source } from "../../src/source/source.js";

/** A value with its storage class visible: TEXT as its bytes in hexadecimal. */
export type Value =
  | bigint
  | number
  | null
  | { readonly text: string }
  | { readonly blob: string }
  | { readonly tooLarge: bigint };

export interface BlockRow {
  readonly rowid: bigint;
  /** The nine columns, the selected column, the unmapped ones. */
  readonly values: readonly Value[];
}

const FIXED_COLUMNS = 10;
const MAGIC = 0x3152536f746f63n;

/** Takes a block apart by the description in native/batch/source_batch.h. */
export function readBlock(block: ArrayBuffer): readonly BlockRow[] {
  const words = new DataView(block);
  if (words.getBigUint64(0, true) !== MAGIC) throw new Error("not a source batch");
  const count = (at: number) => Number(words.getBigUint64(at, true));
  const rows = count(8);
  const columns = count(16);
  const byteCount = count(24);
  if (columns < FIXED_COLUMNS) throw new Error("a block without the fixed columns");
  const padded = Math.ceil(rows / 8) * 8;
  const kindsAt = 32 + rows * 8;
  const slotsAt = kindsAt + columns * padded;
  const bytesAt = slotsAt + columns * rows * 8;
  if (bytesAt + byteCount !== block.byteLength) throw new Error("a block of another size");
  const bytes = Buffer.from(block, bytesAt, byteCount);
  const valueAt = (row: number, column: number): Value =>
    slotValue(
      words,
      words.getUint8(kindsAt + column * padded + row),
      slotsAt + (column * rows + row) * 8,
      bytes,
    );
  return Array.from({ length: rows }, (_, row) => ({
    rowid: words.getBigInt64(32 + row * 8, true),
    values: Array.from({ length: columns }, (_unused, column) => valueAt(row, column)),
  }));
}

function slotValue(words: DataView, kind: number, at: number, bytes: Buffer): Value {
  const offset = words.getUint32(at, true);
  const hex = () => {
    const end = offset + words.getUint32(at + 4, true);
    if (end > bytes.length) throw new Error("a value outside the bytes");
    return bytes.toString("hex", offset, end);
  };
  switch (kind) {
    case 1:
      return words.getBigInt64(at, true);
    case 2:
      return words.getFloat64(at, true);
    case 3:
      return { text: hex() };
    case 4:
      return { blob: hex() };
    case 5:
      return null;
    case 6:
      return { tooLarge: words.getBigUint64(at, true) };
    default:
      throw new Error(`kind ${kind}`);
  }
}

/** All rows of a file, block by block. */
export async function readAll(
  source: Source,
  file = 0,
  limits = { maxRows: 100, maxBytes: 1 << 20 },
): Promise<readonly BlockRow[]> {
  const rows: BlockRow[] = [];
  for (let after: bigint | null = null; ; after = rows.at(-1)?.rowid ?? null) {
    const block = await source.read(file, after, limits);
    if (block === null) return rows;
    rows.push(...readBlock(block));
  }
}
