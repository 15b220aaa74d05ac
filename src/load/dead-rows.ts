import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { foldName } from "../source/columns.js";
import type { RowValue } from "../source/file-reader.js";
import { type PointValues, pointOf, type RowPoint } from "../source/row-point.js";
import type { SourceFile } from "../source/source-options.js";
import { loadSqliteExtension } from "../sqlite/extension.js";
import { DEAD_LETTERS_FILE } from "./run-store-files.js";

/** A long row's JSON can be some hundred KiB. */
const ROWS_A_PAGE = 256;

/** A row that some sink or all of them did not get, however many letters it has. */
export interface DeadRow {
  readonly file: string;
  readonly rowid: bigint;
  /** JSON of describeRow(): what it was when it was rejected; null: not known. */
  readonly row: string | null;
}

/**
 * The dead letters of a run that has ended, read by whoever comes after it.
 *
 * @throws OctoloadError RUN_DISK_FAILED
 */
export class DeadRows {
  readonly #database: Database.Database;
  #point: Database.Statement<[RowValue, RowValue, RowValue]> | undefined;

  constructor(runDir: string) {
    const path = join(runDir, DEAD_LETTERS_FILE);
    try {
      // A run without this file has no dead letters.
      this.#database = existsSync(path) ? new Database(path) : emptyDatabase();
      this.#database.pragma("query_only = 1");
    } catch (cause) {
      throw new OctoloadError("RUN_DISK_FAILED", `${path} cannot be read: ${String(cause)}`, {
        cause,
      });
    }
  }

  /** The codes there are, by their number of letters. */
  codes(): string[] {
    return this.#database
      .prepare<[], string>("SELECT code FROM dead_letters GROUP BY code ORDER BY count(*) DESC")
      .pluck()
      .all();
  }

  /** Each row once, by file and rowid, so many at a time. `codes`: only those of these; empty: all. */
  *pages(codes: readonly string[]): Generator<readonly DeadRow[]> {
    const select = this.#database
      .prepare<[string, number, string, bigint | number], DeadRow>(
        `SELECT file, source_rowid AS rowid, max(row) AS row FROM dead_letters
         WHERE (code IN (SELECT value FROM json_each(?)) OR ? = 0) AND (file, source_rowid) > (?, ?)
         GROUP BY file, source_rowid ORDER BY file, source_rowid LIMIT ${ROWS_A_PAGE}`,
      )
      .safeIntegers();
    // No path is empty: all rows come after this one.
    let last: Pick<DeadRow, "file" | "rowid"> = { file: "", rowid: 0n };
    for (;;) {
      const rows = select.all(JSON.stringify(codes), codes.length, last.file, last.rowid);
      if (rows.length === 0) return;
      yield rows;
      last = rows.at(-1) ?? last;
    }
  }

  /** Where the row was when it was rejected; undefined: nowhere, or that is not known. */
  formerPoint(
    { row }: DeadRow,
    file: Pick<SourceFile, "columnNames" | "geometry">,
    coerceText: boolean,
  ): RowPoint | undefined {
    if (row === null) return undefined;
    const fields = fieldsOf(row);
    const value = (name: string | null) => (name === null ? null : fields.get(foldName(name)));
    const { x, y, z, level } = file.columnNames;
    const values = {
      x: value(x) ?? null,
      y: value(y) ?? null,
      z: value(z) ?? null,
      level: value(level) ?? null,
    };
    if (file.geometry === null) return pointOf(values, coerceText);
    return pointOf({ ...values, ...this.#pointOfGeometry(value(file.geometry) ?? null) }, false);
  }

  close(): void {
    this.#database.close();
  }

  #pointOfGeometry(geometry: RowValue): Omit<PointValues, "level"> {
    if (this.#point === undefined) {
      loadSqliteExtension(this.#database);
      this.#point = this.#database.prepare(
        "SELECT octoload_point_x(?) AS x, octoload_point_y(?) AS y, octoload_point_z(?) AS z",
      );
    }
    return this.#point.get(geometry, geometry, geometry) as Omit<PointValues, "level">;
  }
}

function emptyDatabase(): Database.Database {
  const database = new Database(":memory:");
  database.exec("CREATE TABLE dead_letters(file, source_rowid, code, row)");
  return database;
}

function fieldsOf(row: string): ReadonlyMap<string, RowValue> {
  const fields = JSON.parse(row) as Readonly<Record<string, DescribedField>>;
  return new Map(
    Object.entries(fields).map(([name, field]) => [foldName(name), describedValue(field)]),
  );
}

interface DescribedField {
  readonly type: string;
  readonly value?: string | number;
}

/** Undoes describeRow(); of a long TEXT or BLOB its beginning. */
function describedValue({ type, value }: DescribedField): RowValue {
  if (value === undefined) return null;
  if (type === "integer") return BigInt(value);
  if (type === "real") return Number(value);
  return type === "blob" ? Buffer.from(String(value), "hex") : String(value);
}
