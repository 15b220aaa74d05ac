import fc from "fast-check";
import { RawText } from "../../src/target/target-row.js";
import type { SourceTable, TableValue } from "./source-tables.js";

/**
 * Tables as bad as SQLite lets them be: any storage class in any column, extreme
 * numbers, TEXT of any bytes, names that need quotes, columns that are not there.
 * Most rows are good, and many share a cell or lie in another one's.
 */

const anyBytes = fc.uint8Array({ maxLength: 30 });
const anyDouble = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(-0, 0, 1, 1e308, -1e308, 5e-324, 2 ** 53, 2 ** 63, Number.POSITIVE_INFINITY),
);
const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "\0", "a\0b", "12", " 12", "1.0", "1e3", "\ufeffx", "\ufffd", "Ünïcødé"),
);
const anyInteger = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(0n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 31n),
);
const anyValue: fc.Arbitrary<TableValue> = fc.oneof(
  ...[anyDouble, anyText, anyInteger, anyBytes, fc.constant(null)],
  anyBytes.map((bytes) => new RawText(bytes)),
);

function mostly(good: fc.Arbitrary<TableValue>): fc.Arbitrary<TableValue> {
  return fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: anyValue });
}

/** Few places, so that cells meet; the frame's corners and what is just outside. */
function coordinate(half: number): fc.Arbitrary<TableValue> {
  return mostly(
    fc.oneof(
      { weight: 16, arbitrary: fc.constantFrom(-half / 2, -1, 1.5, half / 3, half * 0.9) },
      { weight: 6, arbitrary: fc.constantFrom(0, -0, half, -half, 5e-324) },
      { weight: 4, arbitrary: fc.constantFrom(7n, -7n, BigInt(half)) },
      { weight: 4, arbitrary: fc.double({ min: -half, max: half, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(half * 1.0000001, -half - 1, 1e308) },
    ),
  );
}

const level = mostly(
  fc.oneof(
    { weight: 20, arbitrary: fc.bigInt(0n, 4n) },
    { weight: 7, arbitrary: fc.bigInt(5n, 26n) },
    { weight: 1, arbitrary: fc.constantFrom(-1n, 27n, 2n ** 40n) },
  ),
);
const material = mostly(fc.oneof(fc.bigInt(0n, 3n), fc.constant(null), fc.bigInt(-9n, 2n ** 31n)));
const created = fc.oneof(
  anyValue,
  fc.constantFrom<TableValue>(null, "2024-05-01T12:34:56Z", "2024-05-01", 1_700_000_000n),
  fc.constantFrom<TableValue>(2_460_432.5, "2024-05-01 12:34:56.5+02:00", 1_700_000_000_000n),
);

const valuesByName: Readonly<Record<string, fc.Arbitrary<TableValue>>> = {
  id: anyValue,
  x: coordinate(20e6),
  y: coordinate(10e6),
  z: coordinate(10e6),
  level,
  materialid: material,
  density: anyValue,
  metadata: anyValue,
  created,
};

const usualNames = ["Id", "X", "Y", "Z", "Level", "MaterialId", "Density", "Metadata", "Created"];
const needed: ReadonlySet<string> = new Set(["X", "Y", "Z", "Level"]);
const extraNames = ['own "er', "Größe", "rowid", "select", "a b", "'", "x1", "[y]", "_rowid_"];

const anyCase = (name: string) =>
  fc.constantFrom(name, name.toLowerCase(), name.toUpperCase()).map((chosen) => chosen);

const anyType = fc.constantFrom("", "BLOB", "INTEGER", "REAL", "TEXT", "NUMERIC");
/** TEXT or REAL would spoil all rows of a column that needs an INTEGER. */
const harmlessTypes: Readonly<Record<string, readonly string[]>> = {
  ...{ x: ["", "REAL", "BLOB"], y: ["", "REAL", "NUMERIC"], z: ["", "REAL"] },
  ...{ level: ["", "INTEGER"], materialid: ["", "INTEGER", "NUMERIC"] },
};

interface Column {
  readonly name: string;
  readonly declaredType: string;
}

/** Own columns in any order, some left out, and unmapped ones. */
const anyColumns: fc.Arbitrary<readonly Column[]> = fc
  .tuple(
    fc.tuple(...usualNames.map((name) => anyCase(name))),
    fc.subarray(usualNames.filter((name) => !needed.has(name))),
    fc.subarray(extraNames, { maxLength: 3 }),
    fc.array(anyType, { minLength: 12, maxLength: 12 }),
    fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
  )
  .map(([names, kept, extras, types, order]) => {
    const own = names.filter((_, i) => {
      const name = usualNames[i] ?? "";
      return needed.has(name) || kept.includes(name);
    });
    const columns = [...own, ...extras].map((name, i) => {
      const place = order[i] ?? 0;
      const harmless = harmlessTypes[name.toLowerCase()];
      const type = harmless?.[place % harmless.length] ?? types[i] ?? "";
      return { column: { name, declaredType: type }, place };
    });
    return columns.sort((a, b) => a.place - b.place).map(({ column }) => column);
  });

const anyRowid = fc.oneof(
  fc.bigInt(-50n, 400n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n),
);

function anyRows(columns: readonly Column[]): fc.Arbitrary<SourceTable["rows"]> {
  const values = columns.map(({ name }) => valuesByName[name.toLowerCase()] ?? anyValue);
  const row = fc.record({ rowid: anyRowid, values: fc.tuple(...values) });
  return fc.uniqueArray(row, { maxLength: 90, size: "max", selector: ({ rowid }) => rowid });
}

export const nastyTable: fc.Arbitrary<SourceTable> = anyColumns.chain((columns) =>
  fc.record({
    name: fc.constantFrom("nodes", 'we"ird näme', "select", "Mixed Case"),
    columns: fc.constant(columns),
    rows: anyRows(columns),
  }),
);
