import { createHash } from "node:crypto";
import Database from "better-sqlite3";

/** What rows hold besides their key and write time, by "level code": a text that can be compared. */
export type Cells = ReadonlyMap<string, string>;

export interface CellValues {
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** As stored: signed. */
  readonly childrenMask: number;
  readonly lastModified: bigint;
  readonly envelope: Uint8Array;
}

export function cellKey(level: number, code: bigint): string {
  return `${level} ${code}`;
}

export function describeCell(values: CellValues): string {
  const { materialId, homogeneity, childrenMask, lastModified, envelope } = values;
  const hash = createHash("sha256").update(envelope).digest("base64url");
  return `${materialId} ${Math.fround(homogeneity)} ${childrenMask} ${lastModified} ${hash}`;
}

interface StoredRow {
  readonly morton_code: bigint;
  readonly level: bigint;
  readonly material_id: bigint | null;
  readonly homogeneity: number;
  readonly children_mask: bigint;
  readonly last_modified: bigint;
  readonly compressed_data: Uint8Array;
}

/** Of an embedded target of layout node: what every other target of the same source has to hold. */
export function embeddedCells(path: string): Cells {
  const database = new Database(path, { readonly: true });
  const cells = new Map<string, string>();
  const select = database.prepare<[], StoredRow>(
    `SELECT morton_code, level, material_id, homogeneity, children_mask, last_modified,
       compressed_data FROM octree_nodes WHERE deleted = 0`,
  );
  for (const row of select.safeIntegers().iterate()) {
    const values = {
      materialId: row.material_id === null ? null : Number(row.material_id),
      homogeneity: row.homogeneity,
      childrenMask: Number(row.children_mask),
      lastModified: row.last_modified,
      envelope: row.compressed_data,
    };
    cells.set(cellKey(Number(row.level), row.morton_code), describeCell(values));
  }
  database.close();
  return cells;
}

export interface CellDifferences {
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  /** Keys of some. */
  readonly examples: readonly string[];
}

export const noDifferences: CellDifferences = {
  missing: 0,
  extra: 0,
  different: 0,
  examples: [],
};

export function compareCells(expected: Cells, found: Cells): CellDifferences {
  const missing = [...expected.keys()].filter((key) => !found.has(key));
  const extra = [...found.keys()].filter((key) => !expected.has(key));
  const different = [...found].filter(([key, cell]) => {
    const wanted = expected.get(key);
    return wanted !== undefined && wanted !== cell;
  });
  const examples = [...missing, ...extra, ...different.map(([key]) => key)].slice(0, 5);
  return {
    missing: missing.length,
    extra: extra.length,
    different: different.length,
    examples,
  };
}
