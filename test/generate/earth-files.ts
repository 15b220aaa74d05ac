import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { frames } from "../../src/encoding/frame.js";
import { build, type GenerateResult } from "../../src/generate/build.js";
import { completeOptions, type GenerateOptions } from "../../src/generate/generate-options.js";

export interface EarthRow {
  readonly fid: number;
  readonly Id: number;
  readonly X: number;
  readonly Y: number;
  readonly Z: number;
  readonly Level: number;
  readonly MaterialId: number | null;
  readonly Density: number;
  readonly Metadata: string | null;
  readonly Created: string;
}

/** A folder for one test file's GeoPackages. */
export class EarthFiles {
  readonly folder = mkdtempSync(join(tmpdir(), "octoload-earth-"));
  #files = 0;

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  newPath(): string {
    return join(this.folder, `earth-${this.#files++}.gpkg`);
  }

  /** Builds a file in this thread. */
  build(options: Omit<GenerateOptions, "path">): GenerateResult {
    return build(completeOptions({ path: this.newPath(), ...options }), () => undefined);
  }

  rows(options: Omit<GenerateOptions, "path">): EarthRow[] {
    return rowsOf(this.build(options).path);
  }
}

/** In the order they lie in the file. */
export function rowsOf(path: string): EarthRow[] {
  return query(path, "SELECT * FROM octree_nodes ORDER BY fid") as EarthRow[];
}

export function query(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

/** Of all values of all rows in the order of the rows. */
export function digest(rows: readonly EarthRow[]): string {
  return createHash("sha256").update(JSON.stringify(rows)).digest("hex");
}

/** A row's cell, from its coordinates by the frame's formula. */
export function indicesOfRow({ X, Y, Z, Level }: EarthRow): [number, number, number] {
  const { min, size } = frames.centred;
  const at = (value: number, axis: 0 | 1 | 2) =>
    Math.floor(((value - min[axis]) / size[axis]) * 2 ** Level);
  return [at(X, 0), at(Y, 1), at(Z, 2)];
}
