import type { RowAddress } from "../../source/source-options.js";
import type { CellKey } from "../../target/stored-rows.js";
import { cellName } from "../findings-file.js";
import type { CheckName } from "./check-names.js";

/** "level code" */
export function keyText(key: CellKey): string {
  const { level, code } = cellName(key);
  return `${level} ${code}`;
}

export function addressText({ file, rowid }: RowAddress): string {
  return `${file} ${rowid}`;
}

/** A row to be compared with what a load would write of it, and the checks that ask for it. */
export interface SuspectRow extends RowAddress {
  readonly checks: Set<CheckName>;
}

/** A row of a target at a cell that no row of the source has. */
export interface SuspectExtra {
  readonly key: CellKey;
  readonly checks: Set<CheckName>;
}

/**
 * What the checks have doubts about. Whether a row of the source is to be loaded at all, and with
 * which derived columns, is told by the whole source alone: they are settled together, in one pass.
 */
export class Suspects {
  readonly rows = new Map<string, SuspectRow>();
  readonly extras = new Map<string, SuspectExtra>();

  addRow(check: CheckName, { file, rowid }: RowAddress): void {
    const name = addressText({ file, rowid });
    const row = this.rows.get(name) ?? { file, rowid, checks: new Set() };
    row.checks.add(check);
    this.rows.set(name, row);
  }

  addExtra(check: CheckName, key: CellKey): void {
    const name = keyText(key);
    const extra = this.extras.get(name) ?? { key, checks: new Set() };
    extra.checks.add(check);
    this.extras.set(name, extra);
  }

  get isEmpty(): boolean {
    return this.rows.size === 0 && this.extras.size === 0;
  }
}
