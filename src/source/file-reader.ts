import { statSync } from "node:fs";
import Sqlite, { type Database, type Statement } from "better-sqlite3";
import { sourceColumns } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { ColumnMapping } from "./columns.js";
import { openConnection } from "./connection.js";
import { countRows } from "./count-rows.js";
import { describeChange, type FileFacts, readFileFacts } from "./file-facts.js";
import { packSql, rowidSql, rowSql } from "./pack-sql.js";
import { RankIndex } from "./rank-index.js";
import { copyDatabase } from "./snapshot.js";
import { sourceError } from "./source-error.js";
import { findTable, type SourceTable } from "./tables.js";
import { WalScanner } from "./wal-scanner.js";
import { requireWhere, whereError } from "./where.js";

export interface FileSettings {
  readonly table: string | undefined;
  readonly columns: ColumnMapping;
  readonly where: string | undefined;
  readonly busyTimeoutMs: number;
}

export interface RowidRange {
  readonly first: bigint;
  readonly last: bigint;
}

export interface ReadLimits {
  /** At least 1. */
  readonly maxRows: number;
  /** Of TEXT and BLOB values: the row that reaches it is the last. From 1 to 2^28. */
  readonly maxBytes: number;
}

/** A value as better-sqlite3 reads it: a bigint is INTEGER, a number REAL, bytes BLOB. */
export type RowValue = bigint | number | string | Uint8Array | null;

/** What a block may take besides its TEXT and BLOB values, where it has many columns. */
const MAX_FIXED_BYTES = 64 << 20;
const FIXED_BYTES_PER_VALUE = 9;

/**
 * One file of a source, read through one connection. No transaction outlives a call, so no lock or
 * read mark is ever held between two.
 */
export class FileReader {
  readonly table: SourceTable;
  /** The smallest and the largest rowid; null: no rows. */
  readonly rowidRange: RowidRange | null;
  readonly #path: string;
  readonly #database: Database;
  readonly #wal: WalScanner;
  readonly #facts: FileFacts;
  readonly #inode: bigint;
  readonly #dataVersion: unknown;
  readonly #pack: Statement;
  readonly #sql: string;
  readonly #where: string | undefined;
  #index: RankIndex | null = null;
  #rows: number | null = null;

  /**
   * @param path a real path
   * @throws OctoloadError SOURCE_*
   */
  constructor(path: string, settings: FileSettings) {
    this.#path = path;
    this.#database = openConnection(path, settings.busyTimeoutMs);
    this.#wal = new WalScanner(path);
    try {
      // First of all: what changes from here on is a change of the source.
      this.#inode = inodeOf(path);
      this.#facts = readFileFacts(path, this.#database, this.#wal);
      this.#dataVersion = this.#readDataVersion();
      this.table = inFile(path, () => findOwnTable(this.#database, settings));
      this.rowidRange = findRowidRange(this.#database, this.table);
      this.#where = settings.where;
      this.#sql = packSql(this.table, settings.where);
      this.#pack = this.#database.prepare("SELECT octoload_pack(?, ?, ?, ?, ?)").pluck();
    } catch (error) {
      this.#database.close();
      throw sourceError(path, error);
    }
  }

  /** A block of native/batch/source_batch.h; null: no row is left in the range. */
  read(after: bigint | null, last: bigint | null, limits: ReadLimits): ArrayBuffer | null {
    const columns = sourceColumns.length + 1 + this.table.match.extras.length;
    const mostRows = Math.floor(MAX_FIXED_BYTES / (columns * FIXED_BYTES_PER_VALUE));
    const maxRows = Math.min(limits.maxRows, mostRows);
    try {
      const block = this.#pack.get(this.#sql, after, last, maxRows, limits.maxBytes);
      if (Buffer.isBuffer(block)) return wholeBuffer(block);
      this.#database.pragma("shrink_memory");
      return null;
    } catch (error) {
      throw this.#readError(error);
    }
  }

  /** Values in the table's order of columns; null where a rowid has no row. */
  rows(rowids: readonly bigint[]): readonly (readonly RowValue[] | null)[] {
    return this.#guarded(() => {
      const select = this.#database.prepare(rowSql(this.table)).raw().safeIntegers();
      return rowids.map((rowid) => (select.get(rowid) as RowValue[] | undefined) ?? null);
    });
  }

  countRows(): number {
    return this.#guarded(() => {
      this.#rows ??= countRows(this.#database, this.table);
      return this.#rows;
    });
  }

  /** @param ranks each from 0, in the rowids' order */
  rowidsAt(ranks: readonly number[]): readonly bigint[] {
    const rowids = this.#guarded(() => ranks.map((rank) => this.#ranks().rowidAt(rank)));
    const found = rowids.filter((rowid) => rowid !== undefined);
    if (found.length === ranks.length) return found;
    throw new OctoloadError("SOURCE_CHANGED", `${JSON.stringify(this.#path)} lost rows`);
  }

  /** @throws OctoloadError SOURCE_CHANGED when anything was committed since the constructor */
  check(): void {
    const change = this.#guarded(() => this.#findChange());
    if (change === undefined) return;
    throw new OctoloadError(
      "SOURCE_CHANGED",
      `${JSON.stringify(this.#path)} was written to: ${change}`,
    );
  }

  /** What the file's content is known by without reading its rows' values. */
  facts(): FileFacts & { readonly schema: unknown; readonly rows: number } {
    const schema = this.#guarded(() =>
      this.#database
        .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
        .raw()
        .all(),
    );
    const rows = this.countRows();
    this.check();
    return { ...this.#facts, schema, rows };
  }

  /** Size of a copy. */
  copyBytes(): number {
    return this.#guarded(() => {
      const pages = this.#database.pragma("page_count", { simple: true });
      return Number(pages) * Number(this.#database.pragma("page_size", { simple: true }));
    });
  }

  /** @throws OctoloadError SNAPSHOT_FAILED, SOURCE_LOCKED */
  copyTo(path: string): Promise<void> {
    return copyDatabase(this.#path, this.#database, path);
  }

  close(): void {
    this.#database.close();
  }

  #findChange(): string | undefined {
    const now = readFileFacts(this.#path, this.#database, this.#wal);
    if (inodeOf(this.#path) !== this.#inode) return "another file has taken its place";
    const change = describeChange(this.#facts, now);
    if (change !== undefined || this.#readDataVersion() === this.#dataVersion) return change;
    return "another program has committed";
  }

  #ranks(): RankIndex {
    this.#index ??= new RankIndex(this.#database, this.table);
    return this.#index;
  }

  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw sourceError(this.#path, error);
    }
  }

  /** What SQLite calls a mere error is one of the statement: of the filter's functions. */
  #readError(error: unknown): OctoloadError {
    const isOfStatement = error instanceof Sqlite.SqliteError && error.code === "SQLITE_ERROR";
    if (this.#where === undefined || !isOfStatement) return sourceError(this.#path, error);
    return whereError(this.#where, error.message, error).within(JSON.stringify(this.#path));
  }

  /** Moves when another connection commits, however fast after the last look. */
  #readDataVersion(): unknown {
    return this.#database.pragma("data_version", { simple: true });
  }
}

function findOwnTable(database: Database, settings: FileSettings): SourceTable {
  const table = findTable(database, settings.columns, settings.table);
  if (settings.where !== undefined) requireWhere(database, table.name, settings.where);
  return table;
}

/** The fault with the file it was found in. */
function inFile<T>(path: string, find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw error instanceof OctoloadError ? error.within(JSON.stringify(path)) : error;
  }
}

function findRowidRange(database: Database, table: SourceTable): RowidRange | null {
  const first = database.prepare(rowidSql(table, "ASC")).pluck().safeIntegers().get();
  const last = database.prepare(rowidSql(table, "DESC")).pluck().safeIntegers().get();
  return typeof first === "bigint" && typeof last === "bigint" ? { first, last } : null;
}

function inodeOf(path: string): bigint {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}

/** The block as memory that can be handed to another thread: no part of a pool. */
function wholeBuffer(block: Buffer): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = block;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return isWhole && byteOffset === 0 ? buffer : Uint8Array.from(block).buffer;
}
