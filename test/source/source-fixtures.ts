import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { afterAll } from "vitest";
import { Source } from "../../src/source/source.js";
import type { SourceOptions } from "../../src/source/source-options.js";

/** The nine columns under their default names. */
export const nodeColumns =
  "Id INTEGER PRIMARY KEY, X REAL, Y REAL, Z REAL, Level INTEGER, MaterialId INTEGER, Density REAL, Metadata BLOB, Created TEXT";

/** A folder for a test file's databases, removed with all it holds when the tests have run. */
export class Fixtures {
  readonly folder = mkdtempSync(join(tmpdir(), "octoload-source-"));
  readonly #opened: { close(): unknown }[] = [];
  #made: number;

  constructor() {
    this.#made = 0;
    afterAll(async () => {
      for (const each of this.#opened) await each.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  path(name?: string): string {
    this.#made += 1;
    return join(this.folder, name ?? `${this.#made}.gpkg`);
  }

  /** A database made by `sql`; returns its path. */
  database(sql: string, name?: string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    const database = new Sqlite(path);
    database.exec(sql);
    database.close();
    return path;
  }

  /** `rows` plain rows of the nine columns, with ids from 1. */
  nodes(rows: number, name?: string): string {
    return this.database(
      `CREATE TABLE nodes (${nodeColumns});
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
       INSERT INTO nodes SELECT i, i * 0.5, -i, i * 3, i % 22, i % 5, i / 7.0, 'm' || i, NULL
       FROM n WHERE ${rows} > 0`,
      name,
    );
  }

  connection(path: string): Database {
    const database = new Sqlite(path, { timeout: 0 });
    this.#opened.push(database);
    return database;
  }

  async source(options: SourceOptions): Promise<Source> {
    const source = await Source.open({ busyTimeoutMs: 100, ...options });
    this.#opened.push(source);
    return source;
  }
}
