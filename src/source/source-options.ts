import type { ColumnNames, SourceColumn } from "../encoding/source-columns.js";
import type { ColumnMapping, TableColumn } from "./columns.js";

/** Where the rows are. */
export interface SourceOptions {
  /** Files or globs; together they are one source. */
  readonly paths: readonly string[];
  /** By default the files' base names, joined by commas. */
  readonly name?: string;
  /** Needed where the columns of several tables fit. Any case. */
  readonly table?: string;
  /** What the columns are called where they do not have their default names. */
  readonly columns?: ColumnMapping;
  /**
   * An SQL expression over a row, as after WHERE, with the same result each time; rows for which it
   * is not true are marked as not selected.
   */
  readonly where?: string;
  /** Read private copies, made in a new folder in this one: what a source needs that is in use. */
  readonly snapshotDir?: string;
  /**
   * Copies that an earlier open made: `snapshotPath` of its files. They are read in place of the
   * files, which need not be there any more; `paths` must then be the `path` of those files.
   */
  readonly snapshots?: readonly string[];
  /** How long a read waits for a writer's exclusive lock. 5000 by default. */
  readonly busyTimeoutMs?: number;
}

/** One file of a source and the table in it that holds the rows. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  /** The private copy that is read in its place; null: read in place. */
  readonly snapshotPath: string | null;
  readonly table: string;
  /** All of the table's columns, as `Source.rows` gives their values. */
  readonly columns: readonly TableColumn[];
  /** What the columns with a meaning are called; null: there is none. */
  readonly columnNames: ColumnNames;
  /** The point column that gives X, Y and Z in place of three columns. It is among the extras. */
  readonly geometry: string | null;
  /** Columns that the table does not have: in a block they come as NULL. */
  readonly absent: readonly SourceColumn[];
  /** Columns without a meaning to octoload, in the order in which blocks have them. */
  readonly extras: readonly TableColumn[];
  /** Equal for files with equal extras, from 1; 0: no extras. */
  readonly columnSet: number;
  /** Smallest and largest rowid when the source was opened; null: no rows. */
  readonly rowidRange: { readonly first: bigint; readonly last: bigint } | null;
}

/** Rows of one file by rowid: after `afterRowid` up to and with `lastRowid`; null: no bound. */
export interface RowRange {
  readonly file: number;
  readonly afterRowid: bigint | null;
  readonly lastRowid: bigint | null;
  readonly rows: number;
}

export interface RowAddress {
  /** Number of the file, from 0. */
  readonly file: number;
  readonly rowid: bigint;
}
