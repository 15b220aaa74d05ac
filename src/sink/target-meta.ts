import { Frame, type FrameSpec } from "../encoding/frame.js";
import type { Layout } from "../encoding/layout.js";
import type { ColumnNames } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { ColumnSet, LoadFacts } from "./target-facts.js";
import type { TopmostCells } from "./topmost-cells.js";

/** Of the envelopes that this octoload writes: docs/envelope.md. */
export const ENVELOPE_VERSION = 1;

/** What a target records of one of its sources. */
export interface RecordedSource {
  readonly name: string;
  readonly fingerprint: string;
  readonly table: string;
  readonly columnNames: ColumnNames;
  /** All columns of the table as the source orders them; empty: not known. */
  readonly columnOrder: readonly string[];
  /** Numbers of its column sets, those of earlier loads included. */
  readonly columnSets: readonly number[];
  /** Where its rows lie; null: no run has come so far as to write one. */
  readonly topmost: TopmostCells | null;
}

/** What a target records of itself. */
export interface TargetMeta {
  readonly layout: Layout;
  readonly frame: Frame;
  /** In the order they were added. */
  readonly sources: readonly RecordedSource[];
  /** All that envelopes of the target may name. */
  readonly columnSets: readonly ColumnSet[];
}

/** A row of the table octoload_meta. */
export type MetaEntry = readonly [key: string, value: string];

export const SOURCE_KEY = "source:";
const COLUMN_SET_KEY = "column_set:";

/** As a source's entry holds it. */
interface StoredSource extends RecordedSource {
  /** How many sources were there before. */
  readonly added: number;
}

/**
 * What the rows of octoload_meta say; every kind of target has the same ones.
 *
 * @param place the target, for messages
 * @param schemaVersion of the target's tables as this octoload makes them
 * @throws OctoloadError TARGET_SCHEMA
 */
export function parseMeta(
  place: string,
  entries: ReadonlyMap<string, string>,
  schemaVersion: number,
): TargetMeta {
  requireVersion(place, "schema", entries.get("schema_version"), schemaVersion);
  requireVersion(place, "envelope", entries.get("envelope_version"), ENVELOPE_VERSION);
  const layout = entries.get("layout");
  const frame = entries.get("frame");
  if ((layout !== "node" && layout !== "tile") || frame === undefined) {
    throw new OctoloadError("TARGET_SCHEMA", `${place}: octoload_meta is incomplete`);
  }
  return {
    layout,
    frame: new Frame(JSON.parse(frame) as FrameSpec),
    sources: valuesOf<StoredSource>(entries, SOURCE_KEY)
      .sort((a, b) => a.added - b.added)
      .map(({ added: _, ...source }) => ({ ...source, topmost: source.topmost ?? null })),
    columnSets: valuesOf<ColumnSet>(entries, COLUMN_SET_KEY).sort((a, b) => a.number - b.number),
  };
}

/** What a new target records before anything else; none of it ever changes. */
export function targetEntries(layout: Layout, frame: Frame, schemaVersion: number): MetaEntry[] {
  return [
    ["schema_version", String(schemaVersion)],
    ["envelope_version", String(ENVELOPE_VERSION)],
    ["layout", layout],
    ["frame", JSON.stringify(frame)],
  ];
}

/**
 * The source of a load, in place of what an earlier load of the same name recorded.
 *
 * @param topmost left out: not known yet, the earlier load's rows are where they were
 */
export function sourceEntry(
  known: Pick<TargetMeta, "sources">,
  facts: LoadFacts,
  topmost?: TopmostCells,
): MetaEntry {
  const added = sourceNumber(known, facts.sourceName);
  const earlier = known.sources[added];
  const numbers = facts.columnSets.map(({ number }) => number);
  const source: StoredSource = {
    name: facts.sourceName,
    fingerprint: facts.sourceFingerprint,
    table: facts.table,
    columnNames: facts.columnNames,
    columnOrder: facts.columnOrder ?? [],
    columnSets: [...new Set([...(earlier?.columnSets ?? []), ...numbers])],
    topmost: topmost ?? earlier?.topmost ?? null,
    added,
  };
  return [`${SOURCE_KEY}${source.name}`, JSON.stringify(source)];
}

/** How many sources a target records before this one, which may be another new one. */
export function sourceNumber({ sources }: Pick<TargetMeta, "sources">, name: string): number {
  const index = sources.findIndex((source) => source.name === name);
  return index === -1 ? sources.length : index;
}

/** A load's column sets: a number that is recorded never gets another meaning. */
export function columnSetEntries({ columnSets }: Pick<LoadFacts, "columnSets">): MetaEntry[] {
  return columnSets.map((set) => [`${COLUMN_SET_KEY}${set.number}`, JSON.stringify(set)]);
}

function valuesOf<T>(entries: ReadonlyMap<string, string>, prefix: string): T[] {
  return [...entries]
    .filter(([key]) => key.startsWith(prefix))
    .map(([, value]) => JSON.parse(value) as T);
}

function requireVersion(place: string, what: string, got: string | undefined, ours: number): void {
  if (got === String(ours)) return;
  throw new OctoloadError(
    "TARGET_SCHEMA",
    `${place} has ${what} version ${got ?? "(none)"}, but this octoload knows ${ours}`,
  );
}
