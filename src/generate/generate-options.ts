import { Frame, type FrameSpec, frames } from "../encoding/frame.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { mostNodes } from "./split-plan.js";

/**
 * How rows lie in the file. `key`: depth first, a cell before the cells in it
 * and octants in Morton order. `shuffled`: in a random order that the seed decides.
 */
export type RowOrder = "key" | "shuffled";

export interface GenerateOptions {
  /** The GeoPackage to write. */
  readonly path: string;
  /** How many nodes, exactly: 1 to 1,000,000,000. */
  readonly nodes: number;
  /** 0 or a positive integer; the same options and seed give the same rows. 0 when left out. */
  readonly seed?: number;
  /** Level of the finest cells, 0 to 26; 21 when left out, the finest of layout node. */
  readonly maxLevel?: number;
  /** `centred` when left out. */
  readonly frame?: FrameSpec;
  readonly order?: RowOrder;
  /** Replaces what is at `path`. */
  readonly overwrite?: boolean;
}

/** Options, checked and complete; plain data, fit for structured clone. */
export interface GenerateSettings {
  readonly path: string;
  readonly nodes: number;
  readonly seed: number;
  readonly maxLevel: number;
  readonly frame: FrameSpec;
  readonly order: RowOrder;
  readonly overwrite: boolean;
}

const MAX_NODES = 1_000_000_000;
const DEFAULT_MAX_LEVEL = 21;
export const rowOrders: readonly RowOrder[] = ["key", "shuffled"];

/** @throws OctoloadError GENERATE_OPTIONS, FRAME_INVALID */
export function completeOptions(options: GenerateOptions): GenerateSettings {
  const { path, nodes, seed = 0, maxLevel = DEFAULT_MAX_LEVEL, order = "key" } = options;
  if (typeof path !== "string" || path === "") throw invalid("path", "the path of a file", path);
  requireInteger("nodes", nodes, 1, MAX_NODES);
  requireInteger("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  requireInteger("maxLevel", maxLevel, 0, MAX_LEVEL);
  if (!rowOrders.includes(order)) throw invalid("order", rowOrders.join(" or "), order);
  requireRoom(nodes, maxLevel);
  const frame = Frame.from(options.frame ?? frames.centred).toJSON();
  return { path, nodes, seed, maxLevel, frame, order, overwrite: options.overwrite ?? false };
}

function requireRoom(nodes: number, maxLevel: number): void {
  const most = mostNodes(maxLevel);
  if (nodes <= most) return;
  throw new OctoloadError(
    "GENERATE_OPTIONS",
    `an octree of levels 0 to ${maxLevel} has at most ${most} nodes, got ${nodes}`,
  );
}

function requireInteger(name: string, value: unknown, least: number, most: number): void {
  const isFit = Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
  if (!isFit) throw invalid(name, `an integer from ${least} to ${most}`, value);
}

function invalid(name: string, expected: string, got: unknown): OctoloadError {
  return new OctoloadError(
    "GENERATE_OPTIONS",
    `${name} must be ${expected}, got ${describeValue(got)}`,
  );
}
