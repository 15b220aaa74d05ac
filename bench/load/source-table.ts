import { existsSync, renameSync } from "node:fs";
import Database from "better-sqlite3";

/** In the order of the target's key, or as a source that grew over time has them. */
export type RowOrder = "key" | "shuffled";

/**
 * A source of so many rows of about 200 bytes: a complete octree level by level,
 * the deepest one in part. Made once; the file says what it holds.
 */
export function makeSourceTable(path: string, rows: number, order: RowOrder): void {
  if (existsSync(path)) return;
  const database = new Database(`${path}.part`);
  database.pragma("journal_mode = OFF");
  database.pragma("synchronous = OFF");
  database.exec(
    "CREATE TABLE nodes(Id INTEGER, X REAL, Y REAL, Z REAL, Level INTEGER, MaterialId INTEGER, Density REAL, Metadata TEXT, Created TEXT)",
  );
  const insert = database.prepare("INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const indices = order === "key" ? keyOrder(rows) : shuffledOrder(rows);
  database.exec("BEGIN");
  for (const index of indices) insert.run(...rowAt(index));
  database.exec("COMMIT");
  database.close();
  renameSync(`${path}.part`, path);
}

function* shuffledOrder(rows: number): Generator<number> {
  // A step that shares no factor with the number of rows visits each once.
  let step = Math.floor(rows * 0.618) | 1;
  while (greatestCommonDivisor(step, rows) !== 1) step += 2;
  for (let i = 0, at = 0; i < rows; i += 1, at = (at + step) % rows) yield at;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** By code, then level. */
function keyOrder(rows: number): Uint32Array {
  const keys = new Float64Array(rows);
  for (let i = 0; i < rows; i += 1) {
    const { level, code } = nodeAt(i);
    keys[i] = (code * 32 + level) * 2 ** 24;
  }
  const indices = Uint32Array.from({ length: rows }, (_, i) => i);
  return indices.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
}

/** Node `index` of a complete octree, level by level. */
function nodeAt(index: number): { level: number; code: number } {
  let level = 0;
  let rest = index;
  for (let width = 1; rest >= width; width *= 8) {
    rest -= width;
    level += 1;
  }
  return { level, code: rest };
}

function rowAt(index: number): (number | bigint | string | null)[] {
  const { level, code } = nodeAt(index);
  const center = (axis: number, min: number, size: number) => {
    let cell = 0;
    for (let bit = 0; bit < level; bit += 1) {
      cell += (Math.floor(code / 8 ** bit / 2 ** axis) % 2) * 2 ** bit;
    }
    return min + size * ((2 * cell + 1) / 2 ** (level + 1));
  };
  const metadata = `{"name":"node-${index}","biome":"${index % 3 === 0 ? "tundra" : "ocean"}","slope":${((index % 997) / 7).toFixed(3)},"tags":["t${index % 13}","t${index % 31}"],"source":"survey-${index % 101}","checked":true,"zone":"utm${index % 60}n"}`;
  const created = new Date(1_700_000_000_000 + (index % 100_000) * 61_000).toISOString();
  return [
    BigInt(index),
    center(0, -20e6, 40e6),
    center(1, -10e6, 20e6),
    center(2, -10e6, 20e6),
    BigInt(level),
    index % 17 === 0 ? null : BigInt(index % 7),
    (index % 1000) * 2.5 + 0.25,
    metadata,
    `${created.slice(0, 19)}Z`,
  ];
}
