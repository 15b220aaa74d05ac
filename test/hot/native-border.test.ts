import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nativeAddon } from "../../src/native/addon.js";
import { runs } from "../support/seed.js";

// The addon itself, without the typed-array face before it.
const addon = nativeAddon();

/** An index of all that is level 3 and deeper. */
function makeIndex() {
  const none = [new Float64Array(0), new Uint32Array(0)] as const;
  const made = addon.createHotIndex(
    ...[Uint8Array.of(2), Float64Array.of(3, 0, 0, 0), ...none, none[0], none[0], none[1], none[1]],
    false,
  );
  if (made === null || made instanceof Promise) throw new Error("no index");
  return made.handle;
}

const junk = fc.constantFrom<unknown>(
  ...[undefined, null, true, -1, 0, 3, 4.5, 2 ** 40, Number.NaN, 1n, "x", {}, [], makeIndex()],
  ...[new Float64Array(4), new Float64Array(0), Float64Array.of(Number.NaN, 1e300)],
  ...[new BigUint64Array(3), new Uint8Array(3), new Uint8Array(256), new Uint16Array(3)],
  ...[new Uint32Array(4), new Uint32Array(256), new Uint8Array(new ArrayBuffer(32), 1)],
);

const calls = [
  ...(["createHotIndex", "hotClassifyBatch", "hotClassifyCells", "hotMostInTiles"] as const),
  "hotDraw" as const,
];

describe.each(calls)("%s", (name) => {
  it("throws at arguments of any kind and number, or works", () => {
    let thrown = 0;
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 10, size: "max" }), (values) => {
        try {
          addon[name](...values, false);
        } catch (error) {
          thrown += 1;
          expect(String(error)).toMatch(/^TypeError: native argument \d+: expected /);
        }
      }),
      runs(300),
    );
    expect(thrown).toBeGreaterThan(200);
  });
});

describe("createHotIndex", () => {
  const nothing = new Float64Array(0);
  const noEnds = new Uint32Array(0);
  const create = (kinds: Uint8Array, values: Float64Array, ...rest: readonly unknown[]) =>
    addon.createHotIndex(kinds, values, ...rest, false);

  it("is null where predicates and what they measure against do not fit", () => {
    const rest = [nothing, noEnds, nothing, nothing, noEnds, noEnds];
    expect(create(Uint8Array.of(1), Float64Array.of(1000, 5, 0, 0), ...rest)).toBeNull();
    expect(create(Uint8Array.of(2), Float64Array.of(27, 0, 0, 0), ...rest)).toBeNull();
    expect(create(new Uint8Array(0), nothing, ...rest)).toBeNull();
    const ends = [nothing, noEnds, nothing, Float64Array.of(0, 0), Uint32Array.of(2), noEnds];
    expect(create(Uint8Array.of(2), Float64Array.of(3, 0, 0, 0), ...ends)).toBeNull();
  });

  it("refuses kinds that there are none of and vertices that are no integers", () => {
    const rest = [nothing, noEnds, nothing, nothing, noEnds, noEnds];
    expect(() => create(Uint8Array.of(5), new Float64Array(4), ...rest)).toThrow("kinds");
    const vertices = [nothing, noEnds, nothing, Float64Array.of(0, Number.NaN), noEnds, noEnds];
    expect(() => create(Uint8Array.of(2), new Float64Array(4), ...vertices)).toThrow("integers");
  });
});
