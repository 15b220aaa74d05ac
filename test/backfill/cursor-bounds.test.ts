import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursorBounds } from "../../src/backfill/cursor-bounds.js";
import type { KeyInterval } from "../../src/backfill/shard-bounds.js";
import type { SinkOrder } from "../../src/sink/sink.js";
import { runs } from "../support/seed.js";

/** Distinct keys in their order, few enough that cursors and shards go without. */
function keysOf(order: SinkOrder): fc.Arbitrary<Uint8Array[]> {
  const bytes = order === "node" || order === "tile" ? 16 : 24;
  const key = fc.uint8Array({ minLength: bytes, maxLength: bytes });
  // The last bytes alone differ: many rows of one token, or of one part of the keys.
  const near = fc.uint8Array({ minLength: 1, maxLength: 1 }).map((end) => {
    const same = new Uint8Array(bytes);
    same.set(end, bytes - 1);
    return same;
  });
  return fc
    .uniqueArray(fc.oneof(key, near), { maxLength: 60, selector: (item) => item.join() })
    .map((keys) => keys.sort(Buffer.compare));
}

const orders: readonly SinkOrder[] = ["node", "tile", "node-token", "tile-token"];
const cases = fc.constantFrom(...orders).chain((order) =>
  fc.record({
    order: fc.constant(order),
    keys: keysOf(order),
    count: fc.integer({ min: 1, max: 20 }),
    shards: fc.integer({ min: 1, max: 7 }),
  }),
);

function isIn(key: Uint8Array, bounds: KeyInterval | "empty"): boolean {
  if (bounds === "empty") return false;
  const { lower, upper } = bounds;
  if (lower !== undefined && Buffer.compare(key, lower) < 0) return false;
  return upper === undefined || Buffer.compare(key, upper) < 0;
}

function allBounds(order: SinkOrder, keys: Uint8Array[], count: number, shards: number) {
  const sorted = { keyAt: async (_order: SinkOrder, rank: number) => keys[rank] };
  const parts = Array.from({ length: shards }, (_, i) =>
    shards === 1 ? null : { index: i + 1, count: shards },
  );
  const plans = parts.map((shard) => ({ order, count, shard, cells: keys.length }));
  return Promise.all(plans.map((plan) => cursorBounds(sorted, plan)));
}

describe("the cursors of all shards", () => {
  it("read every row once, in any order", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ order, keys, count, shards }) => {
        const bounds = await allBounds(order, keys, count, shards);
        expect(bounds.map((own) => own.length)).toEqual(bounds.map(() => count));
        for (const key of keys) {
          expect(bounds.flat().filter((own) => isIn(key, own)).length).toBe(1);
        }
      }),
      runs(300),
    );
  });

  it("share the cells evenly where the order has no tokens", async () => {
    const keys = Array.from({ length: 100 }, (_, i) => {
      const key = new Uint8Array(16);
      key[15] = i;
      return key;
    });
    const [bounds = []] = await allBounds("node", keys, 3, 1);
    const counts = bounds.map((own) => keys.filter((key) => isIn(key, own)).length);
    expect(counts).toEqual([33, 33, 34]);
  });

  it("share the tokens evenly where it has some", async () => {
    const [bounds = []] = await allBounds("node-token", [new Uint8Array(24)], 4, 1);
    const lowers = bounds.map((own) => (own === "empty" ? own : own.lower));
    expect(lowers[0]).toBeUndefined();
    // Biased tokens: 0x40.. is -2^62, 0x80.. is 0, 0xc0.. is 2^62.
    const key = (first: number) => Uint8Array.from({ length: 24 }, (_, i) => (i === 0 ? first : 0));
    expect(lowers.slice(1)).toEqual([key(0x40), key(0x80), key(0xc0)]);
  });
});
