import type { Box } from "../encoding/cover.js";
import type { Frame } from "../encoding/frame.js";
import type { OctoloadError } from "../errors/octoload-error.js";
import type { Layout } from "../sink/sink.js";
import type { TargetMeta } from "../sink/target-meta.js";
import type { RowReader } from "./row-reader.js";
import type { TargetRow } from "./target-row.js";

export interface BoxOptions {
  /** Levels from and to, both included; by default all. */
  readonly levels?: readonly [number, number];
  /** At most so many rows; by default all. */
  readonly limit?: number;
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Called now and then with how much of the target has been read, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What one copy of a cell says. */
export type CopyAnswer =
  | {
      readonly kind: "row";
      readonly row: TargetRow;
      /** SHA-256 of what is stored, hexadecimal: equal for copies that are. */
      readonly digest: string;
      /** By the target's columns, microseconds since 1970; null: the column is NULL. */
      readonly writeTimesUs: Readonly<Record<string, bigint | null>>;
    }
  | { readonly kind: "absent" }
  /** There is a row, which cannot be opened. */
  | { readonly kind: "damaged"; readonly error: OctoloadError }
  | { readonly kind: "failed"; readonly error: OctoloadError }
  | { readonly kind: "not-asked"; readonly why: string };

/** One of the places that keep a cell. */
export interface CellCopy {
  /** A node as `ip:port`, or a file's path. */
  readonly node: string;
  /** null: there are none. */
  readonly datacenter: string | null;
  readonly rack: string | null;
  readonly answer: CopyAnswer;
}

export interface CellCopies {
  /** Murmur3 token of the cell's partition; null: the target has no tokens. */
  readonly token: bigint | null;
  readonly copies: readonly CellCopy[];
}

/** A target to be read, without a run. Deleted rows are not seen. */
export interface Target {
  /** For messages: a path, or a keyspace and contact points. */
  readonly place: string;
  /** The file that it is; null: it is on servers. */
  readonly path: string | null;
  readonly frame: Frame;
  readonly layout: Layout;
  readonly meta: TargetMeta;

  /** The row of one cell; undefined: there is none. */
  getCell(code: bigint, level: number): Promise<TargetRow | undefined>;
  /** The row of the cell that holds a point, or of its deepest ancestor that has one. */
  getNearest(x: number, y: number, z: number, level: number): Promise<TargetRow | undefined>;
  /**
   * The rows whose cells a box touches, by level, then code.
   *
   * @throws OctoloadError BOX_TOO_LARGE where a target on servers would need too many reads
   */
  getBox(box: Box, options?: BoxOptions): AsyncIterable<TargetRow>;
  /**
   * All rows in batches of bounded size, in an order of the target's own. Reads are short, so that a
   * load may go on; what it writes meanwhile may be seen or not.
   */
  scan(options?: ScanOptions): AsyncIterable<TargetRow[]>;
  /** Counts the rows, by other reads than scan(). */
  countRows(options?: ScanOptions): Promise<number>;
  /** A cell as each place that keeps it has it. */
  getCopies(code: bigint, level: number): Promise<CellCopies>;
  /** Its rows as they are stored, in the order in which a load writes them. */
  openRows(): Promise<RowReader>;
  close(): Promise<void>;
}
