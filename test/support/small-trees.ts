import Database from "better-sqlite3";
import { decodeTiles } from "../../src/encoding/morton.js";
import type { TableValue } from "./source-tables.js";
import { usualColumns, writeTable } from "./source-tables.js";

/** A cell by its octants from the root: [] is the root, of level 0. */
export type Path = readonly number[];

export interface TreeRow {
  readonly path: Path;
  readonly material: number | null;
  /** Seconds since 1970; default 0. */
  readonly created?: number;
}

export type RowFault = "x" | "level" | "material" | "outside";

export function codeOfPath(path: Path): bigint {
  return path.reduce((code, octant) => code * 8n + BigInt(octant), 0n);
}

/** One of the cells lies in the other, or they are the same. */
export function areRelated(one: Path, other: Path): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).join() === other.slice(0, length).join();
}

/** Whether the row has a cell in spite of its fault. */
export function hasCell(fault: RowFault | null): boolean {
  return fault === null || fault === "material";
}

/** By column: X, Y, Z, Level, MaterialId and Created. */
export function treeValues(
  { path, material, created = 0 }: TreeRow,
  fault: RowFault | null = null,
): Record<string, TableValue> {
  const code = codeOfPath(path);
  const tiles = BigUint64Array.of(code >> 15n);
  const center = decodeTiles(tiles, Uint16Array.of(Number(code & 0x7fffn)), path.length);
  const good = {
    X: center.x[0] ?? 0,
    Y: center.y[0] ?? 0,
    Z: center.z[0] ?? 0,
    Level: BigInt(path.length),
    MaterialId: material === null ? null : BigInt(material),
    Created: BigInt(created),
  };
  if (fault === "x") return { ...good, X: "east" };
  if (fault === "level") return { ...good, Level: 99n };
  if (fault === "material") return { ...good, MaterialId: "rock" };
  return fault === "outside" ? { ...good, Y: 1e9 } : good;
}

/** Row i has the rowid i + 1. */
export function writeTree(
  path: string,
  rows: readonly (TreeRow & { readonly fault?: RowFault | null })[],
): void {
  writeTable(path, {
    columns: usualColumns,
    rows: rows.map((row, i) => {
      const values: Record<string, TableValue> = {
        Id: BigInt(i + 1),
        ...treeValues(row, row.fault ?? null),
      };
      return { values: usualColumns.map(({ name }) => values[name] ?? null) };
    }),
  });
}

/** Gives a row other values; null: deletes it. */
export function editRow(
  path: string,
  rowid: bigint,
  values: Readonly<Record<string, TableValue>> | null,
): void {
  const database = new Database(path);
  if (values === null) {
    database.prepare("DELETE FROM nodes WHERE rowid = ?").run(rowid);
  } else {
    const names = Object.keys(values);
    database
      .prepare(`UPDATE nodes SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE rowid = ?`)
      .run(...Object.values(values), rowid);
  }
  database.close();
}
