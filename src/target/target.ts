import type { Box } from "../encoding/cover.js";
import type { Frame } from "../encoding/frame.js";
import type { Layout } from "../sink/sink.js";
import type { TargetMeta } from "../sink/sqlite/meta.js";
import type { TargetRow } from "./target-row.js";

export interface BoxOptions {
  /** Levels from and to, both included; by default all. */
  readonly levels?: readonly [number, number];
  /** At most so many rows; by default all. */
  readonly limit?: number;
}

/** A target to be read, without a run. Deleted rows are not seen. */
export interface Target {
  readonly frame: Frame;
  readonly layout: Layout;
  readonly meta: TargetMeta;

  /** The row of one cell; undefined: there is none. */
  getCell(code: bigint, level: number): Promise<TargetRow | undefined>;
  /** The row of the cell that holds a point, or of its deepest ancestor that has one. */
  getNearest(x: number, y: number, z: number, level: number): Promise<TargetRow | undefined>;
  /** The rows whose cells a box touches, by level, then code. */
  getBox(box: Box, options?: BoxOptions): AsyncIterable<TargetRow>;
  close(): Promise<void>;
}
