import type { Frame } from "../encoding/frame.js";
import { defaultColumnNames, sourceColumns } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { TargetMeta } from "../sink/target-meta.js";
import { decodeRows } from "../target/row-decoder.js";
import type { StoredCell, StoredColumn } from "../target/row-reader.js";
import type { CellKey } from "../target/stored-rows.js";
import { RawText, type SourceValue, type TargetRow } from "../target/target-row.js";
import type { ExpectedRow } from "./findings-file.js";
import type { EnvelopeFault } from "./result.js";

/** What a stored row has otherwise than the source. */
export interface RowDifferences {
  readonly columns: readonly StoredColumn[];
  /** By the names that the source's columns have. */
  readonly sourceColumns: readonly string[];
  readonly envelope: Exclude<EnvelopeFault, "swapped"> | null;
  /** Of an envelope that cannot be opened. */
  readonly fault: OctoloadError | null;
}

/** What is needed to open a target's envelopes and to name what is in them. */
export type EnvelopeFacts = Pick<TargetMeta, "frame" | "columnSets">;

/** Compares by value: an envelope of other bytes may hold the same. */
export function differencesOf(
  key: CellKey,
  expected: ExpectedRow,
  stored: StoredCell,
  facts: EnvelopeFacts,
): RowDifferences {
  const columns: StoredColumn[] = [];
  if (expected.materialId !== stored.materialId) columns.push("material_id");
  if (!Object.is(expected.homogeneity, stored.homogeneity)) columns.push("homogeneity");
  if (expected.childrenMask !== maskOf(stored)) columns.push("children_mask");
  const envelope = compareEnvelopes(key, expected, stored, facts);
  if (envelope.isOther) columns.push("compressed_data");
  if (expected.lastModified !== stored.lastModified) columns.push("last_modified");
  const { sourceColumns: names, fault } = envelope;
  return { columns, sourceColumns: names, envelope: envelope.envelope, fault };
}

/** undefined: none that a tinyint holds. */
function maskOf({ childrenMask }: StoredCell): number | undefined {
  if (childrenMask === null || childrenMask < -128 || childrenMask > 127) return undefined;
  return childrenMask & 0xff;
}

interface EnvelopeDifferences extends Omit<RowDifferences, "columns"> {
  readonly isOther: boolean;
}

function compareEnvelopes(
  key: CellKey,
  expected: ExpectedRow,
  { envelope }: StoredCell,
  facts: EnvelopeFacts,
): EnvelopeDifferences {
  const same = { isOther: false, sourceColumns: [], envelope: null, fault: null };
  if (envelope === null) return { ...same, isOther: true, envelope: "absent" };
  if (Buffer.compare(envelope, expected.envelope) === 0) return same;
  const { materialId } = expected;
  const opened = openEnvelope(key, envelope, materialId, facts.frame);
  if (opened instanceof OctoloadError) {
    return { ...same, isOther: true, envelope: "damaged", fault: opened };
  }
  const ours = openEnvelope(key, expected.envelope, materialId, facts.frame);
  if (ours instanceof OctoloadError) throw ours;
  const names = differingValues(ours, opened, facts);
  return { ...same, isOther: names.length > 0, sourceColumns: names };
}

/** @returns why it cannot be opened, where that is so */
export function openEnvelope(
  key: CellKey,
  envelope: Uint8Array,
  materialId: number | null,
  frame: Frame,
): TargetRow | OctoloadError {
  const beside = { materialId, homogeneity: 1, childrenMask: 0, lastModified: 0n, writeTimeUs: 0n };
  try {
    const [row] = decodeRows([{ ...key, ...beside, envelope }], frame);
    return row ?? new OctoloadError("INTERNAL", "an envelope was opened to nothing");
  } catch (error) {
    if (error instanceof OctoloadError) return error;
    throw error;
  }
}

function differingValues(ours: TargetRow, theirs: TargetRow, facts: EnvelopeFacts): string[] {
  const known = sourceColumns.filter((name) => !areSame(ours.values[name], theirs.values[name]));
  const names: string[] = known.map((name) => defaultColumnNames[name]);
  if (ours.columnSet !== theirs.columnSet) return [...names, ...extraNames(ours, facts)];
  const extras = extraNames(ours, facts);
  return [...names, ...extras.filter((_, i) => !areSame(ours.extras[i], theirs.extras[i]))];
}

function extraNames({ columnSet, extras }: TargetRow, { columnSets }: EnvelopeFacts): string[] {
  const columns = columnSets.find(({ number }) => number === columnSet)?.columns;
  return extras.map((_, i) => columns?.[i]?.name ?? `unmapped column ${i + 1}`);
}

/** Of one storage class and equal in every bit. */
export function areSame(one: SourceValue, other: SourceValue): boolean {
  const [a, b] = [plain(one), plain(other)];
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return one instanceof RawText === other instanceof RawText && Buffer.compare(a, b) === 0;
  }
  return Object.is(a, b);
}

function plain(value: SourceValue): Exclude<SourceValue, RawText> {
  return value instanceof RawText ? value.bytes : value;
}
