import type { Layout } from "../encoding/layout.js";
import { MAX_CODE_LEVEL } from "../encoding/level.js";
import { chooseLayout, type LayoutChoice, rowsATile } from "./choose-layout.js";
import type { SourceFacts } from "./source-facts.js";
import { embeddedBytes, storedBytes } from "./stored-size.js";

/** How a layout would store the source. */
export interface LayoutPlan {
  /** One copy of it. */
  readonly bytes: number;
  readonly partitions: number;
  readonly rowsAPartition: number;
  readonly largestPartitionBytes: number;
  /** Rows it has no room for. */
  readonly tooDeep: number;
}

/** What a target is written with. */
export interface PlannedTarget {
  readonly url: string;
  readonly kind: "sqlite" | "null" | "cassandra";
  readonly layout: Layout;
  /** Copies and nodes of the data centre that is written to; 1 and 1 where it is no cluster. */
  readonly copies: number;
  readonly nodes: number;
  /** Measured; null: nobody probed. */
  readonly rowsPerSecond: number | null;
}

export interface TargetPlan extends PlannedTarget {
  /** Rows that will be sent. */
  readonly rows: number;
  readonly bytesANode: number;
  readonly loadMs: number | null;
}

export interface DiskPlan {
  readonly folder: string;
  readonly neededBytes: number;
  readonly freeBytes: number;
}

export interface Plan {
  readonly choice: LayoutChoice;
  readonly layouts: Readonly<Record<Layout, LayoutPlan>>;
  readonly embeddedBytes: number;
  readonly targets: readonly TargetPlan[];
  readonly times: {
    readonly scanMs: number;
    readonly deriveMs: number;
    /** Of the slowest target; null: not every one was probed. */
    readonly loadMs: number | null;
    readonly totalMs: number | null;
  };
  readonly spill: DiskPlan;
  /** null: the source is to be read in place. */
  readonly snapshot: DiskPlan | null;
}

export interface PlanFacts {
  readonly source: SourceFacts;
  /** What compression leaves of a byte of a table's blocks. */
  readonly compression: number;
  readonly targets: readonly PlannedTarget[];
  readonly spill: DiskPlan;
  readonly snapshot: DiskPlan | null;
  /** Orders in which a load sorts whole rows. */
  readonly rowOrders: number;
}

/** Sorting a whole row into an order, beside its key: ARCHITECTURE.md, "A row's way through a load". */
const ROW_SORT_MS = 0.0004;

export function makePlan(facts: PlanFacts): Plan {
  const { source, spill, snapshot } = facts;
  const layouts = { node: planLayout("node", facts), tile: planLayout("tile", facts) };
  const targets = facts.targets.map((target) => planTarget(target, layouts, facts));
  const scanMs = scanTimeOf(facts);
  const { deriveMs } = source.times;
  const loadMs = slowest(targets);
  return {
    choice: chooseLayout({
      rows: source.derived.rows,
      rowsBelowCodes: layouts.node.tooDeep,
      tiles: layouts.tile.partitions,
      largestTileBytes: layouts.tile.largestPartitionBytes,
    }),
    layouts,
    embeddedBytes: embeddedBytes(storedOf(facts)),
    targets,
    times: {
      ...{ scanMs, deriveMs, loadMs },
      totalMs: loadMs === null ? null : scanMs + deriveMs + loadMs,
    },
    spill,
    snapshot,
  };
}

/** Rows a load rejects before it has a target: bad values, and those that lose their cell. */
export function rejectedRows({ rejected, derived }: Pick<SourceFacts, "rejected" | "derived">) {
  return rejected.reduce((sum, { rows }) => sum + rows, 0) + derived.collisions;
}

function planLayout(layout: Layout, facts: PlanFacts): LayoutPlan {
  const { derived, tiles } = facts.source;
  const stored = storedOf(facts);
  const bytes = storedBytes(layout, stored);
  const partitions = layout === "node" ? derived.rows : stored.tiles;
  const largestRows = layout === "node" ? 1 : tiles.rowsInLargest;
  const tooDeep = derived.levels.reduce(
    (sum, { level, rows }) => (layout === "node" && level > MAX_CODE_LEVEL ? sum + rows : sum),
    0,
  );
  return {
    ...{ bytes, partitions, tooDeep },
    rowsAPartition: rowsATile({ rows: derived.rows, tiles: partitions }),
    // As partitions are counted by the server: before compression.
    largestPartitionBytes: Math.round(
      (storedBytes(layout, { ...stored, compression: 1 }) / Math.max(1, derived.rows)) *
        largestRows,
    ),
  };
}

function storedOf({ source, compression }: PlanFacts) {
  const { derived, envelopeBytes, tiles, rows } = source;
  const nulls = derived.materials.find(({ materialId }) => materialId === null)?.rows ?? 0;
  return {
    rows: derived.rows,
    // Losers of collisions have envelopes too, which are not stored.
    envelopeBytes: rows === 0 ? 0 : Math.round((envelopeBytes * derived.rows) / rows),
    withoutMaterial: nulls,
    tiles: tiles.byLevel.reduce((sum, level) => sum + level.tiles, 0),
    compression,
  };
}

function planTarget(target: PlannedTarget, layouts: Plan["layouts"], facts: PlanFacts): TargetPlan {
  const { source } = facts;
  const { bytes, tooDeep } = layouts[target.layout];
  const rows = Math.max(0, source.selected - rejectedRows(source) - tooDeep);
  const stored = target.kind === "cassandra" ? bytes : embeddedBytes(storedOf(facts));
  const share = source.derived.rows === 0 ? 0 : Math.min(1, rows / source.derived.rows);
  const { copies, nodes, rowsPerSecond } = target;
  return {
    ...target,
    rows,
    bytesANode:
      target.kind === "null" ? 0 : Math.round((stored * share * Math.min(copies, nodes)) / nodes),
    loadMs: rowsPerSecond === null ? null : Math.round((rows / rowsPerSecond) * 1000),
  };
}

/** A load sorts whole rows too, on the pool's threads beside the one that reads. */
function scanTimeOf({ source, rowOrders }: PlanFacts): number {
  const { scanMs, readMs, encodeMs, sortMs } = source.times;
  const rowSortMs = source.selected * ROW_SORT_MS * rowOrders;
  return Math.round(Math.max(scanMs, readMs, encodeMs + sortMs + rowSortMs));
}

function slowest(targets: readonly TargetPlan[]): number | null {
  const times = targets.map(({ loadMs }) => loadMs);
  const known = times.filter((ms) => ms !== null);
  return known.length === 0 || known.length < times.length ? null : Math.max(...known);
}
