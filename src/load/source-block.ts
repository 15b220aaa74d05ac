import { sourceColumns } from "../encoding/source-columns.js";

/** Of native/batch/source_batch.h. */
const HEAD_WORDS = 4;
/** Storage classes by their numbers in a block (src/encoding/value-column.ts), and one more. */
export const TOO_LARGE_KIND = 6;
/** After the columns with a meaning comes whether the row is selected, then the unmapped ones. */
const FIRST_EXTRA = sourceColumns.length + 1;

/** One column of a block: a storage class and eight bytes a row. */
export interface BlockColumn {
  readonly kinds: Uint8Array;
  /** The storage class that all rows have; undefined: they differ. */
  readonly kind: number | undefined;
  /** As two halves a row, the low one first: of TEXT and BLOB offset and length. */
  readonly halves: Uint32Array;
  readonly reals: Float64Array;
  readonly integers: BigInt64Array;
}

/** The rows of a source as native/batch/source_batch.h has them, seen in place. */
export class SourceBlock {
  readonly rows: number;
  /** Unmapped ones. */
  readonly extras: number;
  readonly #block: ArrayBuffer;
  readonly #columns: number;

  constructor(block: ArrayBuffer) {
    const head = new BigUint64Array(block, 0, HEAD_WORDS);
    this.#block = block;
    this.rows = Number(head[1] ?? 0n);
    this.#columns = Number(head[2] ?? 0n);
    this.extras = this.#columns - FIRST_EXTRA;
  }

  /** @param index of sourceColumns */
  column(index: number): BlockColumn {
    const { rows } = this;
    const paddedRows = (rows + 7) & ~7;
    const kindsAt = (HEAD_WORDS + rows) * 8;
    const slotsAt = kindsAt + this.#columns * paddedRows + index * rows * 8;
    const kinds = new Uint8Array(this.#block, kindsAt + index * paddedRows, rows);
    return {
      kinds,
      kind: commonKind(kinds),
      halves: new Uint32Array(this.#block, slotsAt, 2 * rows),
      reals: new Float64Array(this.#block, slotsAt, rows),
      integers: new BigInt64Array(this.#block, slotsAt, rows),
    };
  }

  /** @param index of the unmapped columns, in the table's order */
  extra(index: number): BlockColumn {
    return this.column(FIRST_EXTRA + index);
  }
}

/** Four rows at a time: most columns have one storage class throughout. */
function commonKind(kinds: Uint8Array): number | undefined {
  const [first = 0] = kinds;
  const words = new Uint32Array(kinds.buffer, kinds.byteOffset, kinds.length >> 2);
  const same = first * 0x01010101;
  for (const word of words) {
    if (word !== same) return undefined;
  }
  for (let row = words.length << 2; row < kinds.length; row += 1) {
    if (kinds[row] !== first) return undefined;
  }
  return kinds.length === 0 ? undefined : first;
}
