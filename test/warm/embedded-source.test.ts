import { afterEach, describe, expect, it } from "vitest";
import type { Layout } from "../../src/sink/sink.js";
import { EmbeddedSource } from "../../src/warm/embedded-source.js";
import type { WarmRow } from "../../src/warm/warm-source.js";
import { change, loadTarget, targetPaths } from "../support/loaded-target.js";
import { refusalOf } from "../support/refusal-of.js";
import type { SinkRow } from "../support/sink-blocks.js";

const { newPath } = targetPaths();
const opened: EmbeddedSource[] = [];
const wts = 1_700_000_000_000_000n;

/** More than a page, in many levels and tiles; several levels share a code. */
const rows: readonly SinkRow[] = [
  ...new Map(
    Array.from({ length: 9000 }, (_, i): [string, SinkRow] => {
      const level = 3 + (i % 17);
      const code = (BigInt(i) * 7919n) % 8n ** BigInt(level);
      const material = i % 5 === 0 ? null : i - 3000;
      const values = { homogeneity: 1 / (1 + (i % 7)), mask: i % 256 };
      const row = { level, code, material, ...values, lastModified: BigInt(i) - 10n };
      return [`${level} ${code}`, row];
    }),
  ).values(),
];

afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
});

function open(path: string, layout: Layout | null = null): EmbeddedSource {
  const source = EmbeddedSource.open(path, layout);
  opened.push(source);
  return source;
}

async function gather<T>(parts: AsyncIterable<readonly T[]>[]): Promise<T[]> {
  const all: T[] = [];
  for (const part of parts) for await (const page of part) all.push(...page);
  return all;
}

function shown(all: readonly WarmRow[]): string[] {
  return all.map((row) => Object.values(row).map(String).join(" ")).sort();
}

const expected = rows.map((row) => ({
  ...{ level: row.level, tile: row.code >> 15n, cell: Number(row.code & 0x7fffn) },
  ...{ materialId: row.material ?? null, homogeneity: Math.fround(row.homogeneity ?? 1) },
  ...{ childrenMask: row.mask ?? 0, lastModified: row.lastModified ?? 0n, writeTimeUs: wts },
}));

describe("an embedded target to warm from", () => {
  it("has each row in one of its stretches, by key and whole: layout node", async () => {
    const path = newPath();
    loadTarget(path, rows);
    const source = open(path);
    const stretches = source.stretches();
    expect(stretches[0]?.after).toBe(-1n);
    expect(stretches.at(-1)?.last).toBe(2n ** 63n - 1n);
    const all = await gather(stretches.map((stretch) => source.rows(stretch)));
    expect(shown(all.map(inOrder))).toEqual(shown(expected));
    const keys = await gather(stretches.map((stretch) => source.keys(stretch)));
    expect(keys).toEqual(all.map(({ level, tile, cell }) => ({ level, tile, cell })));
  });

  it("has each tile once, and in it its rows: layout tile", async () => {
    const path = newPath();
    loadTarget(path, rows, "tile");
    const source = open(path);
    const tiles = await gather(source.stretches().map((stretch) => source.tiles(stretch)));
    const known = new Set(expected.map(({ level, tile }) => `${level} ${tile}`));
    expect(tiles.map(({ level, tile }) => `${level} ${tile}`).sort()).toEqual([...known].sort());
    const all = await gather(tiles.map((tile) => source.rowsOfTile(tile)));
    expect(shown(all.map(inOrder))).toEqual(shown(expected));
  });

  it("has no deleted rows", async () => {
    const path = newPath();
    loadTarget(path, rows);
    change(path, "UPDATE octree_nodes SET deleted = 1 WHERE level > 4");
    const source = open(path);
    const all = await gather(source.stretches().map((stretch) => source.rows(stretch)));
    expect(all).toHaveLength(rows.filter(({ level }) => level <= 4).length);
  });

  it("may be empty, but has to be one", async () => {
    expect(refusalOf(() => open(newPath())).code).toBe("TARGET_MISSING");
    const path = newPath();
    loadTarget(path, []);
    const source = open(path);
    expect(await gather(source.stretches().map((stretch) => source.rows(stretch)))).toEqual([]);
    expect(refusalOf(() => open(path, "tile")).code).toBe("TARGET_LAYOUT");
  });
});

/** As `expected` names them. */
function inOrder(row: WarmRow): WarmRow {
  const { level, tile, cell, materialId, homogeneity, childrenMask, lastModified } = row;
  const { writeTimeUs } = row;
  return { level, tile, cell, materialId, homogeneity, childrenMask, lastModified, writeTimeUs };
}
