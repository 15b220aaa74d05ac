import type { FrameSpec, Triple } from "../../src/encoding/frame.js";
import {
  cellKey,
  deriveDully,
  lastModifiedMillis,
  type OracleRow,
  type SqliteValue,
} from "./derive-oracle.js";
import { fractionOf, isInside, oracleEncode } from "./morton-oracle.js";
import type { StoredRow, StoredValue } from "./source-tables.js";

/**
 * What a load must do with each row of a source, straight from the rules and row
 * by row: loaded with these derived columns, or rejected with this code.
 */

/** The columns by their default names in lower case; undefined: the file has none. */
export interface SourceRow {
  readonly file: number;
  readonly row: StoredRow;
  readonly column: (key: string) => StoredValue | undefined;
}

export interface LoadedRow {
  readonly source: SourceRow;
  readonly level: number;
  readonly code: bigint;
  readonly childrenMask: number;
  readonly homogeneity: number;
  readonly materialId: number | null;
  readonly lastModified: bigint;
}

export interface ExpectedLoad {
  readonly loaded: readonly LoadedRow[];
  readonly rejected: readonly { readonly source: SourceRow; readonly code: string }[];
}

interface Judged {
  readonly source: SourceRow;
  /** What is wrong with it by itself. */
  readonly fault: string | undefined;
  readonly key: { readonly level: number; readonly code: bigint } | undefined;
}

/** @param maxLevel of the target's layout */
export function expectedLoad(
  rows: readonly SourceRow[],
  frame: FrameSpec,
  maxLevel: number,
): ExpectedLoad {
  const judged = rows.map((source) => judge(source, frame));
  const keyed = judged.flatMap((each) => {
    return each.key === undefined ? [] : [{ ...oracleRow(each.source, each.key), judged: each }];
  });
  const cells = deriveDully(keyed);
  const loaded: LoadedRow[] = [];
  const rejected: { source: SourceRow; code: string }[] = [];
  for (const { source, fault, key } of judged) {
    const cell = key === undefined ? undefined : cells.get(cellKey(key.level, key.code));
    const hasLost = cell !== undefined && cell.row.judged.source !== source;
    const isTooDeep = key !== undefined && key.level > maxLevel;
    const code = fault ?? codeOfCell(hasLost, isTooDeep);
    if (code !== undefined) rejected.push({ source, code });
    else if (cell !== undefined) {
      const { level, code: morton, created, material } = cell.row;
      const { childrenMask, homogeneity } = cell;
      const lastModified = lastModifiedMillis(created);
      const derived = { childrenMask, homogeneity, materialId: material, lastModified };
      loaded.push({ source, level, code: morton, ...derived });
    }
  }
  return { loaded, rejected };
}

function codeOfCell(hasLost: boolean, isTooDeep: boolean): string | undefined {
  if (hasLost) return "KEY_COLLISION";
  return isTooDeep ? "LEVEL_TOO_DEEP" : undefined;
}

function judge(source: SourceRow, frame: FrameSpec): Judged {
  const level = levelOf(source.column("level"));
  const point = ["x", "y", "z"].map((axis) => coordinateOf(source.column(axis)));
  const faults: (string | undefined)[] = [
    typeof level === "string" ? level : undefined,
    ...point.map((value) => (typeof value === "string" ? value : undefined)),
  ];
  const numbers = point.map((value) => (typeof value === "number" ? value : 0)) as Triple[number][];
  const triple: Triple = [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
  const isHere = triple.every((value, i) => isInside(fractionOf(frame, i as 0 | 1 | 2, value)));
  const isLocated = faults.every((fault) => fault === undefined) && isHere;
  faults.push(isHere ? undefined : "OUT_OF_FRAME");
  faults.push(isMaterial(source.column("materialid")) ? undefined : "MATERIAL_INVALID");
  const code =
    isLocated && typeof level === "number"
      ? oracleEncode(frame, triple, level, 26).code
      : undefined;
  const key = code === undefined ? undefined : { level: Number(level), code };
  return { source, key, fault: faults.find((fault) => fault !== undefined) };
}

function levelOf(value: StoredValue | undefined): number | string {
  if (value?.kind !== "integer" || typeof value.value !== "bigint") return "LEVEL_CLASS";
  return value.value >= 0n && value.value <= 26n ? Number(value.value) : "LEVEL_INVALID";
}

function coordinateOf(value: StoredValue | undefined): number | string {
  if (typeof value?.value === "number") return value.value;
  if (typeof value?.value !== "bigint") return "COORDINATE_INVALID";
  const number = Number(value.value);
  return BigInt(number) === value.value ? number : "COORDINATE_INEXACT";
}

function isMaterial(value: StoredValue | undefined): boolean {
  if (value === undefined || value.kind === "null") return true;
  const { value: number } = value;
  return typeof number === "bigint" && number >= -(2n ** 31n) && number < 2n ** 31n;
}

function oracleRow(source: SourceRow, key: { level: number; code: bigint }): OracleRow {
  const material = source.column("materialid");
  const isClass = isMaterial(material) && typeof material?.value === "bigint";
  return {
    ...key,
    file: source.file,
    rowid: source.row.rowid,
    id: oracleValue(source.column("id")),
    created: oracleValue(source.column("created")),
    material: isClass ? Number(material.value) : null,
  };
}

/** A TEXT as one character a byte: they compare as the bytes do, whatever those are. */
function oracleValue(value: StoredValue | undefined): SqliteValue {
  if (value === undefined || value.kind === "null") return null;
  if (value.kind === "text") return Buffer.from(value.bytes).toString("latin1");
  return value.kind === "blob" ? value.bytes : value.value;
}
