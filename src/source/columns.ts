import {
  type ColumnNames,
  defaultColumnNames,
  type SourceColumn,
  sourceColumns,
} from "../encoding/source-columns.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Other names than the default ones; null: no column is to be taken for it. */
export type ColumnMapping = { readonly [Key in SourceColumn]?: string | null };

export interface TableColumn {
  readonly name: string;
  /** As in CREATE TABLE, "" when nothing is declared. */
  readonly declaredType: string;
}

/** How a table's columns serve as a source's. */
export type ColumnMatch =
  | {
      readonly kind: "fits";
      readonly names: ColumnNames;
      /** The point column that gives x, y and z; null when three columns do. */
      readonly geometry: string | null;
      /** Keys that the table has nothing for. */
      readonly absent: readonly SourceColumn[];
      /** Columns without a meaning to octoload, which are kept. */
      readonly extras: readonly TableColumn[];
    }
  | {
      readonly kind: "misses";
      /** Names looked for in vain. */
      readonly missing: readonly string[];
    };

const coordinates = ["x", "y", "z"] as const;

/** As SQLite compares names: only ASCII letters have a case. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** @param geometry the table's point column with Z, if it has one */
export function matchColumns(
  columns: readonly TableColumn[],
  mapping: ColumnMapping,
  geometry: string | null,
): ColumnMatch {
  const byName = new Map(columns.map(({ name }) => [foldName(name), name]));
  const find = (key: SourceColumn): string | null => {
    const wanted = wantedName(mapping, key);
    return wanted === undefined ? null : (byName.get(wanted) ?? null);
  };
  const found = Object.fromEntries(sourceColumns.map((key) => [key, find(key)])) as ColumnNames;
  const isPoint = geometry !== null && coordinates.some((key) => found[key] === null);
  const names: ColumnNames = isPoint ? { ...found, x: null, y: null, z: null } : found;
  const unmet = sourceColumns.filter((key) => isUnmet(key, mapping, found, isPoint));
  if (unmet.length > 0) {
    return { kind: "misses", missing: unmet.map((key) => mapping[key] ?? defaultColumnNames[key]) };
  }
  const used = new Set<string | null>(Object.values(names));
  return {
    kind: "fits",
    names,
    geometry: isPoint ? geometry : null,
    absent: sourceColumns.filter((key) => names[key] === null && !(isPoint && isCoordinate(key))),
    extras: columns.filter(({ name }) => !used.has(name)),
  };
}

/** Folded; undefined: none. A column that the mapping gives to one key is no other's by default. */
function wantedName(mapping: ColumnMapping, key: SourceColumn): string | undefined {
  const mapped = mapping[key];
  if (mapped === null) return undefined;
  if (mapped !== undefined) return foldName(mapped);
  const name = foldName(defaultColumnNames[key]);
  const isTaken = sourceColumns.some((other) => foldName(mapping[other] ?? "") === name);
  return isTaken ? undefined : name;
}

/** Coordinates and level must be there, and whatever the mapping names. */
function isUnmet(
  key: SourceColumn,
  mapping: ColumnMapping,
  found: ColumnNames,
  isPoint: boolean,
): boolean {
  if (found[key] !== null) return false;
  if (typeof mapping[key] === "string") return true;
  return key === "level" || (isCoordinate(key) && !isPoint);
}

function isCoordinate(key: SourceColumn): boolean {
  return key === "x" || key === "y" || key === "z";
}

/**
 * Checks a mapping as a JSON file holds it: an object from the default names, any case, to the
 * names in the table or null.
 *
 * @throws OctoloadError SOURCE_MAPPING
 */
export function parseColumnMapping(value: unknown): ColumnMapping {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OctoloadError(
      "SOURCE_MAPPING",
      `a column mapping must be an object, got ${describeValue(value)}`,
    );
  }
  const mapping = new Map<SourceColumn, string | null>();
  for (const [name, mapped] of Object.entries(value)) {
    const key = keyNamed(name);
    if (mapping.has(key)) throw new OctoloadError("SOURCE_MAPPING", `${name} is mapped twice`);
    mapping.set(key, requireName(name, mapped));
  }
  refuseSharedNames(mapping);
  return Object.fromEntries(mapping);
}

function keyNamed(name: string): SourceColumn {
  const key = sourceColumns.find((known) => foldName(known) === foldName(name));
  if (key !== undefined) return key;
  throw new OctoloadError(
    "SOURCE_MAPPING",
    `a mapping's keys are ${sourceColumns.join(", ")}, got ${describeValue(name)}`,
  );
}

function requireName(name: string, mapped: unknown): string | null {
  if (mapped === null || (typeof mapped === "string" && mapped !== "")) return mapped;
  throw new OctoloadError(
    "SOURCE_MAPPING",
    `${name} must be mapped to a column's name or null, got ${describeValue(mapped)}`,
  );
}

function refuseSharedNames(mapping: ReadonlyMap<SourceColumn, string | null>): void {
  const keys = new Map<string, SourceColumn>();
  for (const [key, name] of mapping) {
    if (name === null) continue;
    const other = keys.get(foldName(name));
    if (other !== undefined) {
      throw new OctoloadError(
        "SOURCE_MAPPING",
        `${other} and ${key} are both mapped to ${describeValue(name)}`,
      );
    }
    keys.set(foldName(name), key);
  }
}
