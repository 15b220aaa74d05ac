import { codesOfStatus, rowStatus } from "../encoding/row-status.js";
import type { ErrorCode } from "../errors/codes.js";
import type { ScannedBatch } from "../load/scan.js";
import type { RowAddress } from "../source/source-options.js";

/** Of each code. */
const EXAMPLES = 3;

/** A row that a load would reject. */
export interface RejectedExample extends RowAddress {
  readonly status: number;
}

export interface RejectedRows {
  readonly code: ErrorCode;
  readonly rows: number;
  readonly examples: readonly RejectedExample[];
}

/** Counts what a load would reject, by code. */
export class RejectionCounter {
  readonly #byCode = new Map<ErrorCode, { rows: number; examples: RejectedExample[] }>();

  add({ file, rowids, status, hasRejected }: Omit<ScannedBatch, "block">): void {
    if (!hasRejected) return;
    for (let row = 0; row < status.length; row += 1) {
      const found = status[row] ?? rowStatus.ok;
      if (found === rowStatus.ok) continue;
      const code = codesOfStatus(found)[0] ?? "INTERNAL";
      const known = this.#byCode.get(code) ?? { rows: 0, examples: [] };
      this.#byCode.set(code, known);
      known.rows += 1;
      if (known.examples.length < EXAMPLES) {
        known.examples.push({ file, rowid: rowids[row] ?? 0n, status: found });
      }
    }
  }

  /** Most frequent first. */
  get rejected(): readonly RejectedRows[] {
    return [...this.#byCode]
      .map(([code, found]) => ({ code, ...found }))
      .sort((a, b) => b.rows - a.rows);
  }
}
