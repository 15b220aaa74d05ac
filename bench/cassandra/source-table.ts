import { existsSync, renameSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { decode } from "../../dist/encoding/morton.js";

/** Rows of a tree by level, from ROOT_LEVEL down: 320 rows in 4 tiles, 80 rows a tile on average. */
const ROWS_OF_LEVEL = [1, 8, 64, 247];
const ROOT_LEVEL = 10;
export const ROWS_OF_TREE = ROWS_OF_LEVEL.reduce((sum, rows) => sum + rows, 0);

const COLUMNS =
  "Id INTEGER, X REAL, Y REAL, Z REAL, Level INTEGER, MaterialId INTEGER, Density REAL, Metadata TEXT, Created TEXT";
const CHUNK_ROWS = 8192;

/**
 * A source of so many rows whose envelopes are of about 120 bytes: small trees far apart, so that
 * in layout tile 80 rows share a partition on average, shuffled as in a source that grew over
 * time. Made once; the file's name says what it holds.
 */
export function makeForestTable(path: string, rows: number): void {
  if (existsSync(path)) return;
  rmSync(`${path}.part`, { force: true });
  const database = new Database(`${path}.part`);
  database.pragma("journal_mode = OFF");
  database.pragma("synchronous = OFF");
  database.exec(`CREATE TABLE nodes(${COLUMNS})`);
  const insert = database.prepare("INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  database.exec("BEGIN");
  for (const indices of shuffledChunks(rows)) {
    const cells = indices.map(cellAt);
    const levels = Uint8Array.from(cells, ({ level }) => level);
    const codes = BigUint64Array.from(cells, ({ code }) => code);
    const { x, y, z } = decode(codes, levels, { corner: "center" });
    for (const [i, index] of indices.entries()) {
      insert.run(BigInt(index), x[i], y[i], z[i], BigInt(levels[i] ?? 0), ...valuesAt(index));
    }
  }
  database.exec("COMMIT");
  database.close();
  renameSync(`${path}.part`, path);
}

function* shuffledChunks(rows: number): Generator<number[]> {
  // A step that shares no factor with the number of rows visits each once.
  let step = Math.floor(rows * 0.618) | 1;
  while (greatestCommonDivisor(step, rows) !== 1) step += 2;
  let chunk: number[] = [];
  for (let i = 0, at = 0; i < rows; i += 1, at = (at + step) % rows) {
    chunk.push(at);
    if (chunk.length < CHUNK_ROWS && i < rows - 1) continue;
    yield chunk;
    chunk = [];
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Each tree stands in a cell of its own two levels above its root, which is a tile of its leaves. */
function cellAt(index: number): { level: number; code: bigint } {
  const tree = Math.floor(index / ROWS_OF_TREE);
  let rest = index % ROWS_OF_TREE;
  let depth = 0;
  for (const rows of ROWS_OF_LEVEL) {
    if (rest < rows) break;
    rest -= rows;
    depth += 1;
  }
  const plot = BigInt((tree * 7919) % 2 ** 24);
  return {
    level: ROOT_LEVEL + depth,
    code: (plot << BigInt(6 + 3 * depth)) | BigInt(rest),
  };
}

/** MaterialId, Density, Metadata, Created. */
function valuesAt(index: number): (bigint | number | string | null)[] {
  const metadata = `{"name":"node-${index}","biome":"${index % 3 === 0 ? "tundra" : "ocean"}","slope":${((index % 997) / 7).toFixed(3)},"tags":["t${index % 13}","t${index % 31}"],"source":"survey-${index % 101}"}`;
  const created = new Date(1_700_000_000_000 + (index % 100_000) * 61_000).toISOString();
  return [
    index % 17 === 0 ? null : BigInt(index % 7),
    (index % 1000) * 2.5 + 0.25,
    metadata,
    `${created.slice(0, 19)}Z`,
  ];
}
