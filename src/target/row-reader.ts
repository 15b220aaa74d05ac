import type { TokenRange } from "../cassandra/ring-ranges.js";
import type { SinkOrder } from "../sink/sink.js";
import type { CellKey } from "./stored-rows.js";

/** A part of a target's order. All of them together are the target. */
export interface RowRange {
  /** From 0. */
  readonly number: number;
  /** null: all rows, as in an order without tokens. */
  readonly tokens: TokenRange | null;
}

/** Stored rows as a block of native/batch/target_batch.h. */
export interface RowBlock {
  readonly rows: number;
  readonly block: Uint8Array;
}

/** A stored row with each value as it is; null: the column has none, or none of its type. */
export interface StoredCell {
  readonly materialId: number | null;
  readonly homogeneity: number | null;
  /** Signed, as stored. */
  readonly childrenMask: number | null;
  readonly envelope: Uint8Array | null;
  readonly lastModified: bigint | null;
  /** The column names a target's own; microseconds since 1970; null: it has no value. */
  readonly writeTimesUs: Readonly<Record<StoredColumn, bigint | null>>;
}

/** Columns of a row beside its key, by the names that all targets give them. */
export const storedColumns = Object.freeze([
  "material_id",
  "homogeneity",
  "children_mask",
  "compressed_data",
  "last_modified",
] as const);
export type StoredColumn = (typeof storedColumns)[number];

/** What services write while a target is loaded, as far as the target knows. */
export interface LiveWrites {
  /** Every live write's time is at or after this; microseconds since 1970. */
  readonly t0Us: bigint;
}

/** Reads a target's rows as they are stored, whoever wrote them. */
export interface RowReader {
  /** In which rows come. */
  readonly order: SinkOrder;
  /** No row lies below this level. */
  readonly maxLevel: number;
  /** Ranges that are best read at the same time. */
  readonly readersAtOnce: number;
  /** null: no service writes to the target. */
  readonly live: LiveWrites | null;

  /** Ranges in their order, about as many as asked for. */
  ranges(parts: number): readonly RowRange[];
  /**
   * The range's rows, block by block. A block is the caller's until the next one is asked for.
   *
   * @throws OctoloadError TARGET_*, CASSANDRA_* where the range could not be read
   */
  blocks(range: RowRange, signal: AbortSignal): AsyncGenerator<RowBlock, void>;
  /** Rows of the range, by other reads. @throws OctoloadError TARGET_*, CASSANDRA_* */
  count(range: RowRange, signal: AbortSignal): Promise<number>;
  /** @throws OctoloadError TARGET_*, CASSANDRA_* */
  cell(key: CellKey): Promise<StoredCell | undefined>;
  /** Of the run that began to load last; null: the target records none. @throws as count() */
  lastRunId(): Promise<string | null>;
  /** Keys of rows that are no cells, the first of them: such rows are in no range. */
  foreignKeys(): Promise<readonly string[]>;
  close(): Promise<void>;
}
