import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapInOrder, mergePages, pagesInOrder } from "../../../src/target/cassandra/merge-pages.js";
import { runs } from "../../support/seed.js";

/** Pages `item:0`, `item:1` … as many as it says, each after a pause of its own. */
async function* countedPages(item: { name: string; pages: number }): AsyncGenerator<string, void> {
  for (let i = 0; i < item.pages; i++) {
    await sleep((item.name.length * 7 + i * 3) % 4);
    yield `${item.name}:${i}`;
  }
}

const items = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 })
  .map((counts) => counts.map((pages, i) => ({ name: `${i}${"x".repeat(i % 3)}`, pages })));
const width = fc.integer({ min: 1, max: 5 });

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function expectedPages(list: readonly { name: string; pages: number }[]): string[] {
  return list.flatMap(({ name, pages }) => Array.from({ length: pages }, (_, i) => `${name}:${i}`));
}

describe("mapInOrder", () => {
  it("keeps the order and the width", async () => {
    let running = 0;
    let most = 0;
    const act = async (i: number) => {
      most = Math.max(most, ++running);
      await sleep(i % 3);
      running--;
      return i;
    };
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    expect(await collect(mapInOrder(numbers, 4, act))).toEqual(numbers);
    expect(most).toBe(4);
  });

  it("starts nothing more once nobody listens", async () => {
    const started: number[] = [];
    const act = async (i: number) => {
      started.push(i);
      return i;
    };
    for await (const i of mapInOrder(Array(100).keys(), 3, act)) if (i === 1) break;
    expect(started.length).toBeLessThanOrEqual(6);
  });

  it("fails with the first failure, whatever else is on the way", async () => {
    const act = async (i: number) => {
      await sleep(i === 2 ? 5 : 0);
      if (i >= 2) throw new Error(`item ${i}`);
      return i;
    };
    await expect(collect(mapInOrder([0, 1, 2, 3, 4], 5, act))).rejects.toThrow("item 2");
  });
});

describe("pagesInOrder", () => {
  it("gives the pages of one item after another", async () => {
    await fc.assert(
      fc.asyncProperty(items, width, async (list, at) => {
        expect(await collect(pagesInOrder(list, at, countedPages))).toEqual(expectedPages(list));
      }),
      runs(30),
    );
  });
});

describe("mergePages", () => {
  it("gives every page once, each item's in order, and tells of each end", async () => {
    await fc.assert(
      fc.asyncProperty(items, width, async (list, at) => {
        const done: unknown[] = [];
        const pages = await collect(mergePages(list, at, countedPages, (item) => done.push(item)));
        expect(pages.toSorted()).toEqual(expectedPages(list).sort());
        for (const { name, pages: count } of list) {
          const own = pages.filter((page) => page.startsWith(`${name}:`));
          expect(own).toEqual(expectedPages([{ name, pages: count }]));
        }
        expect(new Set(done)).toEqual(new Set(list));
      }),
      runs(30),
    );
  });

  it("reads no further than one page ahead in each of `width` items", async () => {
    const made: string[] = [];
    async function* pages(item: number): AsyncGenerator<string, void> {
      for (let i = 0; i < 5; i++) {
        made.push(`${item}:${i}`);
        yield `${item}:${i}`;
      }
    }
    const merged = mergePages([1, 2, 3, 4, 5, 6], 3, pages);
    await merged.next();
    await sleep(5);
    expect(made.length).toBeLessThanOrEqual(4);
    await merged.return();
  });

  it("fails with an item's failure", async () => {
    async function* pages(item: number): AsyncGenerator<number, void> {
      yield item;
      if (item === 2) throw new Error("lost");
    }
    await expect(collect(mergePages([1, 2, 3], 2, pages))).rejects.toThrow("lost");
  });
});
