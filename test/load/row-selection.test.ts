import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import {
  digestSelection,
  emptySelection,
  type RowSelection,
  restoreSelection,
  storeSelection,
} from "../../src/load/row-selection.js";
import { runs } from "../support/seed.js";

const anySelection: fc.Arbitrary<RowSelection> = fc.record({
  files: fc.uint32Array(),
  rowids: fc.bigInt64Array(),
  tiles: fc.bigUint64Array(),
  cells: fc.uint16Array(),
  levels: fc.uint8Array(),
});

describe("a selection of rows", () => {
  it("comes back from JSON, the same to the digest", () => {
    fc.assert(
      fc.property(anySelection, (selection) => {
        const text = JSON.stringify(storeSelection(selection));
        const restored = restoreSelection(JSON.parse(text));
        expect(restored).toEqual(selection);
        expect(digestSelection(restored)).toBe(digestSelection(selection));
      }),
      runs(200),
    );
  });

  it("has another digest when anything in it differs", () => {
    const one = { ...emptySelection(), levels: Uint8Array.of(0) };
    const others = [
      emptySelection(),
      { ...one, levels: Uint8Array.of(1) },
      { ...one, levels: Uint8Array.of(0, 0) },
      { ...emptySelection(), cells: Uint16Array.of(0) },
    ];
    for (const other of others) expect(digestSelection(other)).not.toBe(digestSelection(one));
  });

  it.each([undefined, null, 7, {}, { ...storeSelection(emptySelection()), rowids: "AAAA" }])(
    "is not restored from %o",
    (stored) => {
      expect(() => restoreSelection(stored)).toThrow(OctoloadError);
    },
  );
});
