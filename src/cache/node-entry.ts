import { float32Text, parseFraction, parseInteger } from "./decimal-text.js";

/** What an entry of the cache holds of a row: all columns but the envelope. */
export interface NodeColumns {
  readonly level: number;
  readonly mortonCode: bigint;
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** 0..255 */
  readonly childrenMask: number;
  /** ms since 1970, 0n when Created is NULL. */
  readonly lastModified: bigint;
  /** Microseconds since 1970. */
  readonly writeTimeUs: bigint;
}

/** What lies at a key. */
export type StoredEntry =
  | { readonly kind: "row"; readonly columns: EntryColumns }
  /** Says that there is no such row. */
  | { readonly kind: "absent" }
  | { readonly kind: "none" }
  /** A hash that is no entry: other fields, or text that is not what a field holds. */
  | { readonly kind: "malformed" };

export type EntryColumns = Omit<NodeColumns, "level" | "mortonCode">;

/** Stands in an entry of a row that is not there, with the value "1". */
export const ABSENT_FIELD = "absent";

/** The fields of an entry in the order of HMGET and decodeEntry(). */
export const entryFields = [
  "material_id",
  "homogeneity",
  "children_mask",
  "last_modified",
  "wts",
  ABSENT_FIELD,
] as const;

const INT32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const MAX_MASK = 255n;

/** @param values of entryFields; null: the hash has no such field */
export function decodeEntry(values: readonly (string | null)[]): StoredEntry {
  const [material = null, homogeneity = null, mask = null, lastModified = null] = values;
  const [, , , , wts = null, absent = null] = values;
  if (values.every((value) => value === null)) return { kind: "none" };
  if (absent !== null) return { kind: absent === "1" ? "absent" : "malformed" };
  if (homogeneity === null || mask === null || lastModified === null || wts === null) {
    return { kind: "malformed" };
  }
  const numbers = {
    materialId: material === null ? null : parseInteger(material, INT32.min, INT32.max),
    homogeneity: parseFraction(homogeneity),
    childrenMask: parseInteger(mask, 0n, MAX_MASK),
    lastModified: parseInteger(lastModified, INT64.min, INT64.max),
    writeTimeUs: parseInteger(wts, 0n, INT64.max),
  };
  if (!isWhole(numbers)) return { kind: "malformed" };
  const { materialId, childrenMask } = numbers;
  const columns = {
    ...numbers,
    materialId: materialId === null ? null : Number(materialId),
    childrenMask: Number(childrenMask),
  };
  return { kind: "row", columns };
}

/** Arguments of the put function: write time, time to live, then the entry's four. */
export function putArguments(columns: EntryColumns, ttlSeconds: number): string[] {
  const { materialId, homogeneity, childrenMask, lastModified, writeTimeUs } = columns;
  return [
    ...[String(writeTimeUs), String(ttlSeconds)],
    ...[String(lastModified), float32Text(homogeneity), String(childrenMask)],
    materialId === null ? "" : String(materialId),
  ];
}

function isWhole<T extends object>(
  numbers: T,
): numbers is T & { readonly [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.values(numbers).every((number) => number !== undefined);
}
