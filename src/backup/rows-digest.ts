import { createHash } from "node:crypto";
import { type CellRow, encodedBound, encodeRow, isExpiring } from "./cell-row.js";
import type { RowsDigest } from "./manifest.js";

const MASK = (1n << 256n) - 1n;

/** Sums rows as a set: their order does not matter. */
export class RowsSum {
  readonly #all = new Sum();
  readonly #lasting = new Sum();
  #buffer = Buffer.alloc(1024);

  /** A row's digest is SHA-256 of its bytes in the file, with 1 for any expiry. */
  add(row: CellRow): void {
    const bound = encodedBound(row);
    if (this.#buffer.length < bound) this.#buffer = Buffer.alloc(bound * 2);
    const end = encodeRow(row, this.#buffer, 0, false);
    const hex = createHash("sha256").update(this.#buffer.subarray(0, end)).digest("hex");
    const value = BigInt(`0x${hex}`);
    this.#all.add(value);
    if (!isExpiring(row)) this.#lasting.add(value);
  }

  get digest(): RowsDigest {
    return { ...this.#all.digest, lasting: this.#lasting.digest };
  }
}

class Sum {
  #rows = 0;
  #sum = 0n;

  add(value: bigint): void {
    this.#rows += 1;
    this.#sum = (this.#sum + value) & MASK;
  }

  get digest(): { readonly rows: number; readonly sum: string } {
    return { rows: this.#rows, sum: this.#sum.toString(16).padStart(64, "0") };
  }
}
