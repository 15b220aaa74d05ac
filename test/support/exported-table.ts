import Database from "better-sqlite3";
import fc from "fast-check";
import { expect } from "vitest";
import { RawText, type SourceValue } from "../../src/target/target-row.js";
import { cellOf, type SinkRow } from "./sink-blocks.js";

/** A value by its storage class and its very bits and bytes. */
function shown(value: SourceValue): string {
  if (value === null) return "null";
  if (value instanceof RawText) return `text ${Buffer.from(value.bytes).toString("hex")}`;
  if (typeof value === "bigint") return `integer ${value}`;
  if (typeof value === "number")
    return `real ${Buffer.from(Float64Array.of(value).buffer).toString("hex")}`;
  if (typeof value === "string") return `text ${Buffer.from(value).toString("hex")}`;
  return `blob ${Buffer.from(value ?? []).toString("hex")}`;
}

/** What a table of a GeoPackage holds, each row as names and shown values, sorted. */
export function tableContent(path: string, table: string): string[] {
  const database = new Database(path, { readonly: true });
  database.defaultSafeIntegers();
  const columns = database.pragma(`table_info("${table}")`) as { name: string; type: string }[];
  expect(columns.map(({ type }) => type)).toEqual(columns.map(() => ""));
  const parts = columns.map(({ name }) => {
    const column = `"${name.replaceAll('"', '""')}"`;
    return `typeof(${column}), iif(typeof(${column}) = 'text', CAST(${column} AS BLOB), ${column})`;
  });
  const rows = database
    .prepare<[], unknown[]>(`SELECT ${parts.join(", ")} FROM "${table}"`)
    .raw()
    .all();
  database.close();
  return rows
    .map((row) =>
      columns.map(({ name }, i) => {
        const value = row[2 * i + 1] as SourceValue;
        const text = row[2 * i] === "text" ? `text ${shown(value).slice(5)}` : shown(value);
        return `${name}=${text}`;
      }),
    )
    .map((cells) => cells.sort().join("; "))
    .sort();
}

/** What must come back of a row: names and values that are not absent. */
function expectedCells(row: SinkRow, names: Readonly<Record<string, string>>, extras: string[]) {
  const usual = {
    x: row.point?.[0],
    y: row.point?.[1],
    z: row.point?.[2],
    level: BigInt(row.level),
    material: row.material === null ? null : BigInt(row.material ?? 0),
  };
  const { id, density, created, metadata } = row;
  const own: Record<string, SourceValue> = {
    ...usual,
    ...row.originals,
    id,
    density,
    created,
    metadata,
  };
  const cells = Object.entries(own).map(([name, value]) => [names[name] ?? name, value] as const);
  const more = (row.extras ?? []).map((value, i) => [extras[i] ?? "", value] as const);
  return [...cells, ...more].filter(([, value]) => value !== undefined);
}

const names = {
  ...{ id: "Id", x: "X", y: "Y", z: "Z", level: "Level", material: "MaterialId" },
  ...{ density: "Density", metadata: "Metadata", created: "Created" },
};

export function expectedContent(rows: readonly SinkRow[], extras: string[] = []): string[] {
  return rows
    .map((row) =>
      expectedCells(row, names, extras).map(([name, value]) => `${name}=${shown(value)}`),
    )
    .map((cells) => cells.sort().join("; "))
    .sort();
}

const anyBytes = fc.uint8Array({ maxLength: 40 });
const nastyDouble = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(-0, 0, 1, 2 ** 53, -(2 ** 63), Number.POSITIVE_INFINITY, 5e-324),
);
const nastyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "\0", "a\0b", "12", "1.0", "\ufeffx", "\ufffd", "2024-05-01T12:34:56Z"),
);
const nastyInteger = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(0n, -1n, 2n ** 53n + 1n),
);
const anyValue: fc.Arbitrary<SourceValue> = fc.oneof(
  ...[nastyDouble, nastyText, nastyInteger, anyBytes, fc.constant(null)],
  anyBytes.map((bytes) => new RawText(bytes)),
);
const coordinate = fc.double({ min: -9e6, max: 9e6, noNaN: true });
const wholeCoordinate = fc.integer({ min: -9_000_000, max: 9_000_000 });

/** Rows whose columns are all there, or all but those that `absent` names. */
export const anyRow = fc
  .record({
    point: fc.oneof(
      fc.tuple(coordinate, coordinate, coordinate),
      fc.tuple(wholeCoordinate, wholeCoordinate, wholeCoordinate),
    ),
    level: fc.integer({ min: 0, max: 21 }),
    material: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    ...{ id: anyValue, density: anyValue, created: anyValue, metadata: anyValue },
    extras: fc.tuple(anyValue, anyValue),
    text: fc.boolean(),
    whole: fc.boolean(),
  })
  .map(({ point, level, text, whole, ...row }): SinkRow => {
    const integers =
      whole && point.every(Number.isInteger) && !point.some((value) => Object.is(value, -0))
        ? { x: BigInt(point[0]), y: BigInt(point[1]), z: BigInt(point[2]) }
        : {};
    const coerced = text ? { level: ` ${level}`, material: Uint8Array.of(49, 50), y: "1e3" } : {};
    return {
      ...row,
      ...cellOf(point, level),
      point,
      originals: { ...integers, ...coerced },
      columnSet: 3,
    };
  });

/** The unmapped columns of anyRow. */
export const set = {
  number: 3,
  columns: [
    { name: 'own "er', declaredType: "TEXT" },
    { name: "Größe", declaredType: "" },
  ],
};
