import { createHash } from "node:crypto";
import { join } from "node:path";
import Database from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import type { SinkBatch } from "../sink/sink-batch.js";
import type { CellKey } from "../target/stored-rows.js";
import type { Finding, FindingClass } from "./result.js";

export const FINDINGS_FILE = "findings.sqlite";

/** What the source has of a cell, as a load would write it. */
export interface ExpectedRow {
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** 0..255 */
  readonly childrenMask: number;
  readonly lastModified: bigint;
  readonly envelope: Uint8Array;
  /** Number of the source's file. */
  readonly file: number;
  readonly rowid: bigint;
}

/** A row that was found to differ once, and is to be looked at again. */
export interface Candidate {
  readonly id: number;
  readonly key: CellKey;
  /** undefined: the source has no such row. */
  readonly expected: ExpectedRow | undefined;
}

/** `rowid`s of SQLite's are 64-bit integers, as are tiles and times. */
type Row = Readonly<Record<string, bigint | number | Buffer | null>>;

const schema = `
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  CREATE TABLE IF NOT EXISTS candidates(
    id INTEGER PRIMARY KEY, part INTEGER NOT NULL, level INTEGER NOT NULL, tile INTEGER NOT NULL,
    cell INTEGER NOT NULL, is_extra INTEGER NOT NULL, material INTEGER, homogeneity REAL,
    mask INTEGER, last_modified INTEGER, envelope BLOB, digest BLOB, file INTEGER,
    source_rowid INTEGER);
  CREATE TABLE IF NOT EXISTS findings(
    id INTEGER PRIMARY KEY, class TEXT NOT NULL, level INTEGER NOT NULL, code TEXT NOT NULL,
    columns TEXT NOT NULL, source_columns TEXT NOT NULL, envelope TEXT, note TEXT, file TEXT,
    source_rowid TEXT, write_time_us TEXT, is_live INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS parts(
    part INTEGER PRIMARY KEY, range TEXT NOT NULL, source_rows INTEGER NOT NULL,
    target_rows INTEGER NOT NULL, equal INTEGER NOT NULL, fault TEXT);
  CREATE INDEX IF NOT EXISTS by_cell ON findings(level, code)`;

/** What a part of the target's order came to. */
export interface PartCounts {
  readonly part: number;
  /** In words. */
  readonly range: string;
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly equal: number;
  /** Why it could not be read; null: it was. */
  readonly fault: string | null;
}

/** findings.sqlite of a validation: however much differs, it is not held in memory. */
export class FindingsFile {
  readonly path: string;
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<unknown[]>;

  /** @throws OctoloadError RUN_DISK_FAILED */
  constructor(folder: string) {
    this.path = join(folder, FINDINGS_FILE);
    this.#database = this.#attempt(() => new Database(this.path));
    this.#attempt(() => this.#database.exec(schema));
    this.#insert = this.#database.prepare(
      `INSERT INTO candidates(part, level, tile, cell, is_extra, material, homogeneity, mask,
         last_modified, envelope, digest, file, source_rowid)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** Rows of the source that the target has not, or has otherwise. */
  addRows(part: number, batch: SinkBatch, rows: readonly number[]): void {
    this.#together(() => {
      for (const row of rows) this.#addRow(part, batch, row);
    });
  }

  /** Rows of the target that the source has not. */
  addExtras(part: number, keys: readonly CellKey[]): void {
    const nothing = Array.from({ length: 8 }, () => null);
    this.#together(() => {
      for (const { level, tile, cell } of keys) {
        this.#insert.run(part, level, BigInt.asIntN(64, tile), cell, 1, ...nothing);
      }
    });
  }

  /** A part that was broken off is not judged by what was seen of it. */
  dropPart(part: number): void {
    this.#attempt(() => this.#database.prepare("DELETE FROM candidates WHERE part = ?").run(part));
  }

  /** Keys of a part that the source has not, in the order in which they were found. */
  extrasOf(part: number): (CellKey & { readonly id: number })[] {
    const rows = this.#select("WHERE part = ? AND is_extra = 1 ORDER BY id", part);
    return rows.map((row) => ({ id: Number(row.id), ...keyOf(row) }));
  }

  dropCandidates(ids: readonly number[]): void {
    const drop = this.#database.prepare("DELETE FROM candidates WHERE id = ?");
    this.#together(() => {
      for (const id of ids) drop.run(id);
    });
  }

  addPart(counts: PartCounts): void {
    const { part, range, sourceRows, targetRows, equal, fault } = counts;
    this.#attempt(() =>
      this.#database
        .prepare("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)")
        .run(part, range, sourceRows, targetRows, equal, fault),
    );
  }

  /** All parts were compared: candidates can be found by their envelopes. */
  finishCandidates(): void {
    this.#attempt(() => this.#database.exec("CREATE INDEX by_digest ON candidates(digest)"));
  }

  countCandidates(): number {
    const count = this.#database.prepare<[], number>("SELECT count(*) FROM candidates").pluck();
    return count.get() ?? 0;
  }

  /** The ids behind one, ascending. */
  candidatesAfter(id: number, limit: number): number[] {
    return this.#database
      .prepare<[number, number], number>(
        "SELECT id FROM candidates WHERE id > ? ORDER BY id LIMIT ?",
      )
      .pluck()
      .all(id, limit);
  }

  candidate(id: number): Candidate {
    const [row] = this.#select("WHERE id = ?", id);
    if (row === undefined) throw new OctoloadError("INTERNAL", `there is no candidate ${id}`);
    return { id, key: keyOf(row), expected: expectedOf(row) };
  }

  /** The cell of another candidate whose envelope in the source is this one. */
  ownerOf(envelope: Uint8Array, not: number): CellKey | undefined {
    const [row] = this.#select("WHERE digest = ? AND id <> ? LIMIT 1", digestOf(envelope), not);
    return row === undefined ? undefined : keyOf(row);
  }

  /** @param id of its candidate; null: it was none */
  addFinding(id: number | null, finding: Finding): void {
    const { level, code, columns, sourceColumns, envelope, note, source } = finding;
    this.#attempt(() =>
      this.#database
        .prepare("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(
          ...[id, finding.class, level, code, columns.join(","), sourceColumns.join(",")],
          ...[envelope, note, source?.file ?? null, source?.rowid ?? null],
          ...[finding.writeTimeUs, finding.isLive ? 1 : 0],
        ),
    );
  }

  /** Whether anything was found about the cell of a row; of a cache's entry, the same. */
  hasFinding({ level, code, class: className }: Finding): boolean {
    const classes = this.#database
      .prepare<[number, string], string>("SELECT class FROM findings WHERE level = ? AND code = ?")
      .pluck()
      .all(level, code);
    const isOfCache = (name: string) => name.startsWith("cache-");
    return classes.some((name) => name === className || !(isOfCache(name) || isOfCache(className)));
  }

  /** By class. */
  countFindings(): Partial<Record<FindingClass, number>> {
    const rows = this.#database
      .prepare<[], { class: FindingClass; rows: number }>(
        "SELECT class, count(*) AS rows FROM findings GROUP BY class",
      )
      .all();
    return Object.fromEntries(rows.map((row) => [row.class, row.rows]));
  }

  /** In the order of their cells. */
  *findings(limit: number): Generator<Finding> {
    const rows = this.#database
      .prepare<[number], Record<string, string | number | null>>(
        "SELECT * FROM findings ORDER BY level, length(code), code LIMIT ?",
      )
      .all(limit);
    for (const row of rows) yield findingOf(row);
  }

  /** Rows of these classes that the source has and no service wrote: where they are in it. */
  rowsOf(classes: readonly FindingClass[]): { file: number; rowid: bigint; id: number }[] {
    const rows = this.#database
      .prepare<[string], Row>(
        `SELECT c.id, c.file, c.source_rowid FROM findings f JOIN candidates c ON c.id = f.id
         WHERE c.is_extra = 0 AND f.is_live = 0 AND f.class IN (SELECT value FROM json_each(?))
         ORDER BY c.file, c.source_rowid`,
      )
      .safeIntegers()
      .all(JSON.stringify(classes));
    return rows.map((row) => ({
      id: Number(row.id),
      file: Number(row.file),
      rowid: row.source_rowid as bigint,
    }));
  }

  /** How many of these candidates are findings. */
  countOf(ids: readonly number[]): number {
    const count = this.#database
      .prepare<[string], number>(
        "SELECT count(*) FROM findings WHERE id IN (SELECT value FROM json_each(?))",
      )
      .pluck();
    return count.get(JSON.stringify(ids)) ?? 0;
  }

  dropFinding(id: number): void {
    this.#attempt(() => this.#database.prepare("DELETE FROM findings WHERE id = ?").run(id));
  }

  /** Candidates are of no use to anybody else. */
  finish(): void {
    this.#attempt(() => {
      this.#database.exec("DROP TABLE candidates; VACUUM");
    });
  }

  close(): void {
    this.#database.close();
  }

  #addRow(part: number, batch: SinkBatch, row: number): void {
    const { levels, tiles, cells, materials, noMaterials, homogeneities, masks } = batch;
    const envelope = batch.bytes.subarray(batch.offsets[row], batch.offsets[row + 1]);
    const bytes = Buffer.from(envelope);
    this.#insert.run(
      ...[part, levels[row], tiles[row], cells[row], 0],
      ...[noMaterials[row] === 1 ? null : materials[row], homogeneities[row], masks[row]],
      ...[batch.lastModified[row], bytes, digestOf(bytes), batch.files[row], batch.rowids[row]],
    );
  }

  #select(where: string, ...params: readonly unknown[]): Row[] {
    return this.#database
      .prepare<unknown[], Row>(`SELECT * FROM candidates ${where}`)
      .safeIntegers()
      .all(...params);
  }

  #together(act: () => void): void {
    this.#attempt(() => this.#database.transaction(act)());
  }

  #attempt<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (cause) {
      if (!(cause instanceof Database.SqliteError)) throw cause;
      const code = cause.code === "SQLITE_FULL" ? "RUN_DISK_FULL" : "RUN_DISK_FAILED";
      throw new OctoloadError(code, `${this.path}: ${cause.message} (${cause.code})`, { cause });
    }
  }
}

function digestOf(envelope: Uint8Array): Buffer {
  return createHash("sha256").update(envelope).digest();
}

function keyOf({ level, tile, cell }: Row): CellKey {
  return { level: Number(level), tile: BigInt.asUintN(64, tile as bigint), cell: Number(cell) };
}

function expectedOf(row: Row): ExpectedRow | undefined {
  if (row.is_extra !== 0n) return undefined;
  return {
    materialId: row.material === null ? null : Number(row.material),
    homogeneity: Number(row.homogeneity),
    childrenMask: Number(row.mask),
    lastModified: row.last_modified as bigint,
    envelope: row.envelope as Buffer,
    file: Number(row.file),
    rowid: row.source_rowid as bigint,
  };
}

function findingOf(row: Readonly<Record<string, string | number | null>>): Finding {
  const text = (name: string) => (row[name] === null ? null : String(row[name]));
  const list = (name: string) => String(row[name]).split(",").filter(Boolean);
  const file = text("file");
  return {
    class: String(row.class) as FindingClass,
    level: Number(row.level),
    code: String(row.code),
    columns: list("columns") as Finding["columns"],
    sourceColumns: list("source_columns"),
    envelope: text("envelope") as Finding["envelope"],
    note: text("note"),
    source: file === null ? null : { file, rowid: text("source_rowid") ?? "" },
    writeTimeUs: text("write_time_us"),
    isLive: row.is_live === 1,
  };
}

/** A cell in the words of a finding. */
export function cellName({ level, tile, cell }: CellKey): { level: number; code: string } {
  // Not codeOf(): what somebody else wrote need be no cell.
  return { level, code: String((tile << 15n) | BigInt(cell)) };
}
