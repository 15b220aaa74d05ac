import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sinkOrders } from "../../src/load/order-key.js";
import { type KeyPage, type KeySource, makeKeyPage } from "../../src/sink/key-page.js";
import type { SinkOrder } from "../../src/sink/sink.js";
import { StrayKeys } from "../../src/sink/stray-keys.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";

interface Key {
  readonly token: bigint;
  readonly level: number;
  readonly tile: bigint;
  readonly cell: number;
}

/** Few values of each, so that keys meet; the extremes of what a table can hold among them. */
const anyKey: fc.Arbitrary<Key> = fc.record({
  token: fc.constantFrom(-(2n ** 63n) + 1n, -5n, 0n, 5n, 2n ** 63n - 1n),
  level: fc.constantFrom(0, 1, 12, 26),
  tile: fc.constantFrom(0n, 1n, 77n, 2n ** 63n - 1n),
  cell: fc.constantFrom(0, 1, 500, 0x7fff),
});

const textOf = ({ token, level, tile, cell }: Key) => `${token} ${level} ${tile} ${cell}`;

/** As the tables' keys say it. */
function ranked(order: SinkOrder, { token, level, tile, cell }: Key): bigint[] {
  const own = order.startsWith("node")
    ? [tile, BigInt(cell), BigInt(level)]
    : [BigInt(level), tile, BigInt(cell)];
  return order.endsWith("-token") ? [token, ...own] : own;
}

function inOrder(order: SinkOrder, keys: readonly Key[]): Key[] {
  const distinct = new Map(keys.map((key) => [String(ranked(order, key)), key]));
  return [...distinct.values()].sort((a, b) => {
    const [x, y] = [ranked(order, a), ranked(order, b)];
    const at = x.findIndex((value, i) => value !== y[i]);
    if (at < 0) return 0;
    return (x[at] ?? 0n) < (y[at] ?? 0n) ? -1 : 1;
  });
}

function pageOf(keys: readonly Key[]): KeyPage {
  const page = makeKeyPage(keys.length);
  for (const [i, { token, level, tile, cell }] of keys.entries()) {
    page.tokens[i] = token;
    page.levels[i] = level;
    page.tiles[i] = tile;
    page.cells[i] = cell;
  }
  return page;
}

/** Pages of `rows` keys in memory that is used again, as the loader's are. */
function sourceOf(keys: readonly Key[], rows: number): KeySource {
  const memory = makeKeyPage(rows);
  let at = 0;
  return {
    next: async () => {
      const some = pageOf(keys.slice(at, at + rows));
      at += some.rows;
      memory.tokens.set(some.tokens);
      memory.levels.set(some.levels);
      memory.tiles.set(some.tiles);
      memory.cells.set(some.cells);
      return { ...memory, rows: some.rows };
    },
  };
}

describe("stray keys", () => {
  it.each(sinkOrders)("are those of the target that the source lacks (%s)", async (order) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyKey, { maxLength: 60 }),
        fc.array(anyKey, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        async (source, target, sourceRows, targetRows) => {
          const has = new Set(source.map((key) => String(ranked(order, key))));
          const held = inOrder(order, target);
          const strays = new StrayKeys(order, sourceOf(inOrder(order, source), sourceRows));
          const found: Key[] = [];
          for (let at = 0; at < held.length; at += targetRows) {
            const page = held.slice(at, at + targetRows);
            for (const i of await strays.find(pageOf(page))) found.push(...page.slice(i, i + 1));
          }
          const expected = held.filter((key) => !has.has(String(ranked(order, key))));
          expect(found.map(textOf)).toEqual(expected.map(textOf));
        },
      ),
      runs(300),
    );
  });

  it("are not told where a side is not in its order, within a page or from one to the next", async () => {
    const [a, b, c] = [1n, 2n, 3n].map((token): Key => ({ token, level: 3, tile: 0n, cell: 7 }));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three keys");
    const find = async (source: Key[], pages: Key[][], rows = 9) => {
      const strays = new StrayKeys("tile-token", sourceOf(source, rows));
      for (const page of pages) await strays.find(pageOf(page));
    };
    await find([a, b, c], [[a], [b, c]]);
    const bad: [Key[], Key[][], number][] = [
      [[a, b], [[b, a]], 9],
      [[a, b], [[b], [a]], 9],
      [[a, b], [[b], [b]], 9],
      [[b, a], [[c]], 9],
      [[b, a], [[c]], 1],
      [[a, a], [[c]], 1],
    ];
    for (const [source, pages, rows] of bad) {
      expect((await rejectionOf(find(source, pages, rows))).code).toBe("INTERNAL");
    }
  });

  it("compares keys that are no cells as Cassandra's tables do", async () => {
    // A clustering column is signed: -1 comes first. A partition key's bytes are not.
    const node = [255, 0, 3].map((level): Key => ({ token: 0n, level, tile: 1n, cell: 1 }));
    const tile = [0xffff, 0, 9].map((cell): Key => ({ token: 0n, level: 2, tile: 1n, cell }));
    const levels = [2, 255].map((level): Key => ({ token: 0n, level, tile: 1n, cell: 0 }));
    const cases: [SinkOrder, Key[]][] = [
      ["node-token", node],
      ["tile-token", tile],
      ["tile-token", levels],
    ];
    for (const [order, keys] of cases) {
      expect(await new StrayKeys(order, sourceOf([], 1)).find(pageOf(keys))).toEqual(
        keys.map((_, i) => i),
      );
    }
  });
});
