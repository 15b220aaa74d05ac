import { indicesOf } from "../../encoding/cell.js";
import type { RowAddress } from "../../source/source-options.js";
import type { CellKey } from "../../target/stored-rows.js";
import { keyText } from "../checks/suspects.js";
import { cellName } from "../findings-file.js";
import { cellText } from "./cell-indices.js";

/** An index is below 2^26, so that two of them fit a double's integers. */
const SHIFT = 2 ** 26;

/** Cells whose rows are looked for in a pass over the source. */
export class WantedCells {
  /** By level: x and y of its cells in one number, to be done with most rows at once. */
  readonly #columns = new Map<number, Set<number>>();
  readonly #rows = new Map<string, RowAddress[]>();

  add(key: CellKey): void {
    const { level, code } = cellName(key);
    const [ix, iy] = indicesOf(BigInt(code), level);
    const columns = this.#columns.get(level) ?? new Set();
    columns.add(ix * SHIFT + iy);
    this.#columns.set(level, columns);
    this.#rows.set(keyText(key), []);
  }

  see(row: RowAddress, level: number, ix: number, iy: number, iz: number): void {
    if (this.#columns.get(level)?.has(ix * SHIFT + iy) !== true) return;
    this.#rows.get(cellText({ level, ix, iy, iz }))?.push(row);
  }

  /** The source's rows of a cell; several where they collide. */
  rowsOf(key: CellKey): readonly RowAddress[] {
    return this.#rows.get(keyText(key)) ?? [];
  }
}
