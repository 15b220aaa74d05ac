import type { NodeColumns } from "../cache/node-entry.js";
import { SourceTables } from "../target/source-tables.js";
import type { Target } from "../target/target.js";
import { RawText, type SourceValue, type TargetRow } from "../target/target-row.js";

const SHOWN_TEXT = 60;

/** What tells the names of a row's columns. */
type Described = Pick<Target, "meta">;

/** The source's values of a row by the names they had there. */
export function sourceValues(row: TargetRow, target: Described): [string, SourceValue][] {
  const { columns } = new SourceTables(target.meta).tableOf(row);
  return columns.map(({ name, read }) => [name, read(row)]);
}

/** A row as JSON: what a number cannot hold exactly is decimal text, a BLOB `{"blob": hex}`. */
export function rowReport(row: TargetRow, target: Described): unknown {
  const source = sourceValues(row, target).map(([name, value]) => [name, jsonOf(value)]);
  return { ...nodeReport(row), point: row.point, source: Object.fromEntries(source) };
}

/** As rowReport(), without what only the envelope holds. */
export function nodeReport(row: NodeColumns): Readonly<Record<string, unknown>> {
  return {
    level: row.level,
    mortonCode: String(row.mortonCode),
    tile: String(row.mortonCode >> 15n),
    cell: Number(row.mortonCode & 0x7fffn),
    materialId: row.materialId,
    homogeneity: row.homogeneity,
    childrenMask: row.childrenMask,
    lastModified: Number(row.lastModified),
    writeTimeUs: String(row.writeTimeUs),
  };
}

export function jsonOf(value: SourceValue): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof RawText) return { text: hex(value.bytes) };
  if (value instanceof Uint8Array) return { blob: hex(value) };
  return value ?? null;
}

/** A row as names and values, one a line. */
export function rowLines(row: TargetRow, target: Described): string[][] {
  return [
    ...nodeLines(row),
    ...sourceValues(row, target).map(([name, value]) => [name, shown(value)]),
  ];
}

/** As rowLines(), without what only the envelope holds. */
export function nodeLines(row: NodeColumns): string[][] {
  const lastModified = row.lastModified === 0n ? "0" : isoTime(row.lastModified);
  return [
    ["level", String(row.level)],
    ["morton_code", String(row.mortonCode)],
    ["material_id", String(row.materialId ?? "NULL")],
    ["homogeneity", String(row.homogeneity)],
    ["children_mask", `${row.childrenMask} (${row.childrenMask.toString(2).padStart(8, "0")})`],
    ["last_modified", lastModified],
    ["write_time", isoTime(row.writeTimeUs / 1000n)],
  ];
}

export const rowHeadings = ["level", "morton_code", "x", "y", "z", "material", "homogeneity"];
/** Columns of numbers, for alignColumns(). */
export const rowNumbers: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6]);

/** A row on one line, under rowHeadings. */
export function rowCells(row: TargetRow): string[] {
  const { level, mortonCode, point, materialId, homogeneity } = row;
  const material = String(materialId ?? "NULL");
  return [String(level), String(mortonCode), ...point.map(String), material, String(homogeneity)];
}

/** On one line, and short: a terminal takes no 16 MiB, and no control characters. */
export function shown(value: SourceValue): string {
  if (value === null || value === undefined) return "NULL";
  if (value instanceof RawText) return `TEXT of ${value.bytes.length} bytes, not UTF-8`;
  if (value instanceof Uint8Array) return `BLOB of ${value.length} bytes`;
  if (typeof value !== "string") return Object.is(value, -0) ? "-0" : String(value);
  const text = value.length > SHOWN_TEXT ? `${value.slice(0, SHOWN_TEXT)}…` : value;
  return text.replace(/\p{Cc}/gu, " ");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Milliseconds that no date can stand for are shown as they are. */
export function isoTime(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
