import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absentColumn,
  type SqliteValue,
  storageClass,
  ValuePacker,
  valueAt,
} from "../../src/index.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

const untyped = (value: unknown) => value as never;

const anyValue: fc.Arbitrary<SqliteValue> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array(),
  fc.constantFrom(null, undefined),
);

describe("ValuePacker and valueAt", () => {
  it("give every value back, of its own type", () => {
    const batch = fc.array(fc.tuple(anyValue, anyValue), { maxLength: 20 });
    fc.assert(
      fc.property(batch, (rows) => {
        const packer = new ValuePacker();
        const columns = [0, 1].map((i) => packer.column(rows.map((row) => row[i])));
        const bytes = packer.bytes();
        const read = rows.map((_, row) => columns.map((column) => valueAt(column, row, bytes)));
        expect(read).toEqual(rows);
      }),
      runs(300),
    );
  });

  it("tell the storage classes by JavaScript's types", () => {
    const { kinds, slots } = new ValuePacker().column([
      ...[undefined, -1n, -0, "ab", Uint8Array.of(1), null],
    ]);
    const { absent, integer, real, text, blob } = storageClass;
    expect([...kinds]).toEqual([absent, integer, real, text, blob, storageClass.null]);
    expect([...slots]).toEqual([0n, 2n ** 64n - 1n, 2n ** 63n, 2n << 32n, 2n | (1n << 32n), 0n]);
  });

  it("take a Buffer for bytes, and copy them", () => {
    const packer = new ValuePacker();
    const source = Buffer.from([1, 2, 3]);
    const column = packer.column([source]);
    source.fill(9);
    for (const bytes of [packer.bytes(), Buffer.from(packer.bytes())]) {
      expect(valueAt(column, 0, bytes)).toEqual(Uint8Array.of(1, 2, 3));
      (valueAt(column, 0, bytes) as Uint8Array).fill(7);
      expect(valueAt(column, 0, bytes)).toEqual(Uint8Array.of(1, 2, 3));
    }
  });

  it("take bytes of another realm", () => {
    const packer = new ValuePacker();
    const column = packer.column([untyped(runInNewContext("Uint8Array.of(1, 2)"))]);
    expect(valueAt(column, 0, packer.bytes())).toEqual(Uint8Array.of(1, 2));
  });

  it("read what is no UTF-8 with replacement characters, and its bytes from the slots", () => {
    const column = { kinds: Uint8Array.of(storageClass.text), slots: BigUint64Array.of(1n << 32n) };
    expect(valueAt(column, 0, Uint8Array.of(0xff))).toBe("\ufffd");
  });

  it.each<[string, () => unknown, string, string]>([
    [
      "an integer of 65 bits",
      () => new ValuePacker().column([0n, 2n ** 63n]),
      ...(["ARG_RANGE", "row 1: an INTEGER must fit a signed 64-bit integer"] as const),
    ],
    [
      "a boolean",
      () => new ValuePacker().column([untyped(true)]),
      ...(["ARG_TYPE", "row 0: a value must be a bigint, number, string, Uint8Array"] as const),
    ],
    [
      "a row that is not there",
      () => valueAt(new ValuePacker().column([1n]), 1, new Uint8Array(0)),
      ...(["ARG_RANGE", "row must be below 1, got 1"] as const),
    ],
  ])("refuse %s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("storage classes", () => {
  it("have SQLite's numbers", () => {
    // SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB and SQLITE_NULL of sqlite3.h.
    expect(storageClass).toEqual({ absent: 0, integer: 1, real: 2, text: 3, blob: 4, null: 5 });
    expect(Object.isFrozen(storageClass) && Object.isFrozen(absentColumn)).toBe(true);
  });
});

describe("values that would be stored or read as others", () => {
  it("a lone surrogate is refused", () => {
    const { code, message } = refusalOf(() => new ValuePacker().column(["fine", "\ud800"]));
    expect(code).toBe("ARG_RANGE");
    expect(message).toContain("row 1: a TEXT must be well-formed Unicode");
  });

  it("bytes of another batch are refused where they are too short", () => {
    const packer = new ValuePacker();
    const column = packer.column(["sixsix"]);
    expect(valueAt(column, 0, packer.bytes())).toBe("sixsix");
    expect(refusalOf(() => valueAt(column, 0, new Uint8Array(3))).message).toContain(
      "bytes must reach to 6, where the value ends, got 3 bytes",
    );
  });

  it("an unknown kind is refused", () => {
    const column = { kinds: Uint8Array.of(9), slots: new BigUint64Array(1) };
    expect(refusalOf(() => valueAt(column, 0, new Uint8Array(0))).code).toBe("ARG_RANGE");
  });
});
