import { readdirSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { codeOfIndices, indicesOf } from "../../src/encoding/cell.js";
import { Frame, type FrameSpec, frames } from "../../src/encoding/frame.js";
import { decodeCode, encodePoint } from "../../src/encoding/point.js";
import { digest, EarthFiles, type EarthRow, indicesOfRow } from "./earth-files.js";

const files = new EarthFiles();
afterAll(() => files.remove());

const NODES = 12_345;
const rows = files.rows({ nodes: NODES, seed: 5 });

function keyOf(row: EarthRow): string {
  return `${row.Level}/${indicesOfRow(row).join("/")}`;
}

function withoutFid({ fid: _fid, ...rest }: EarthRow): object {
  return rest;
}

function deepestAt(all: readonly EarthRow[], lon: number, lat: number): number {
  const isThere = (row: EarthRow) => {
    const [i, j] = indicesOfRow(row);
    const cells = 2 ** row.Level;
    return (
      i === Math.floor(((lon + 180) / 360) * cells) && j === Math.floor(((lat + 90) / 180) * cells)
    );
  };
  return Math.max(...all.filter(isThere).map(({ Level }) => Level));
}

describe("the number of nodes", () => {
  it.each([1, 2, 8, 9, 10, 73, 74, 1000, 1001, NODES])("is exactly %i", (nodes) => {
    const result = files.build({ nodes, seed: 3 });
    const levels = Object.values(result.levels);
    expect(levels.reduce((sum, count) => sum + count, 0)).toBe(nodes);
  });

  it("agrees with the rows, level by level", () => {
    const { path, levels } = files.build({ nodes: 5000, seed: 3 });
    expect(path).toContain(files.folder);
    const counts: Record<string, number> = {};
    for (const { Level } of files.rows({ nodes: 5000, seed: 3 })) {
      counts[Level] = (counts[Level] ?? 0) + 1;
    }
    expect(levels).toEqual(counts);
  });

  it("fills an octree to its last cell", () => {
    const full = files.build({ nodes: 585, maxLevel: 3 });
    expect(full.levels).toEqual({ 0: 1, 1: 8, 2: 64, 3: 512 });
  });
});

describe("the tree", () => {
  it("has each cell once and each Id once", () => {
    expect(new Set(rows.map(keyOf)).size).toBe(NODES);
    expect(new Set(rows.map(({ Id }) => Id)).size).toBe(NODES);
  });

  it("has the parent of every node", () => {
    const keys = new Set(rows.map(keyOf));
    const orphans = rows.filter((row) => {
      const parent = indicesOfRow(row).map((index) => Math.floor(index / 2));
      return row.Level > 0 && !keys.has(`${row.Level - 1}/${parent.join("/")}`);
    });
    expect(orphans).toEqual([]);
  });

  it("goes no deeper than asked", () => {
    const deepest = (maxLevel: number) =>
      Math.max(...files.rows({ nodes: 3000, maxLevel }).map(({ Level }) => Level));
    expect(deepest(4)).toBe(4);
    expect(deepest(26)).toBeGreaterThan(4);
  });

  it("is deeper at a coast and in a city than in the open ocean", () => {
    const many = files.rows({ nodes: 100_000, seed: 5 });
    const ocean = deepestAt(many, -120, -30);
    const [tokyo, cornwall] = [deepestAt(many, 139.69, 35.69), deepestAt(many, -5.71, 50.07)];
    expect(tokyo).toBeGreaterThan(ocean + 3);
    expect(cornwall).toBeGreaterThan(ocean + 1);
    expect(tokyo).toBeGreaterThan(cornwall);
  });

  it("is finest around sea level", () => {
    const finest = rows.filter(({ Level }) => Level >= 8);
    expect(finest.length).toBeGreaterThan(50);
    for (const { Z } of finest) expect(Math.abs(Z)).toBeLessThan(200_000);
  });
});

describe("key order", () => {
  it("is depth first, octants in Morton order", () => {
    const position = (row: EarthRow) =>
      codeOfIndices(...indicesOfRow(row), row.Level) << BigInt(3 * (26 - row.Level));
    const sorted = [...rows].sort((a, b) => {
      const difference = position(a) - position(b);
      return difference === 0n ? a.Level - b.Level : Number(difference > 0n) * 2 - 1;
    });
    expect(rows.map(keyOf)).toEqual(sorted.map(keyOf));
  });
});

describe("points", () => {
  const odd = new Frame({ name: "odd", min: [7, -3e5, 11], size: [1e7, 1e6, 3e6] });
  it.each([
    ["centred", frames.centred],
    ["bluemarble", frames.bluemarble],
    ["odd", odd],
  ])("lie in their cells, most at the center: %s", (_name, frame) => {
    const all = files.rows({ nodes: 2000, seed: 8, frame });
    const atCenter = all.filter((row) => {
      const code = encodePoint(row.X, row.Y, row.Z, row.Level, frame);
      const { center } = decodeCode(code, row.Level, frame);
      return center[0] === row.X && center[1] === row.Y && center[2] === row.Z;
    });
    expect(new Set(all.map((row) => cellKey(row, frame))).size).toBe(2000);
    expect(atCenter.length).toBeGreaterThan(1700);
    expect(atCenter.length).toBeLessThan(1900);
  });

  it("are in the same cells in every frame", () => {
    const keys = (frame: FrameSpec) =>
      files.rows({ nodes: 2000, seed: 8, frame }).map((row) => cellKey(row, frame));
    expect(keys(frames.bluemarble)).toEqual(keys(frames.centred));
  });

  function cellKey({ X, Y, Z, Level }: EarthRow, frame: FrameSpec): string {
    return `${Level}/${indicesOf(encodePoint(X, Y, Z, Level, frame), Level).join("/")}`;
  }
});

describe("the seed", () => {
  it("gives the same rows again", () => {
    expect(digest(files.rows({ nodes: NODES, seed: 5 }))).toBe(digest(rows));
  });

  it("gives other rows when it is another", () => {
    const others = [6, 5 + 2 ** 32].map((seed) => digest(files.rows({ nodes: NODES, seed })));
    expect(new Set([...others, digest(rows)]).size).toBe(3);
  });
});

describe("shuffled order", () => {
  const shuffled = files.rows({ nodes: NODES, seed: 5, order: "shuffled" });

  it("holds the same rows", () => {
    const byId = [...shuffled].sort((a, b) => a.Id - b.Id);
    expect(byId.map(withoutFid)).toEqual(rows.map(withoutFid));
  });

  it("is another order with another seed, the same with the same", () => {
    const ids = (seed: number) =>
      files.rows({ nodes: 1000, seed, order: "shuffled" }).map(({ Id }) => Id);
    expect(ids(5)).toEqual(ids(5));
    expect(ids(5)).not.toEqual(ids(6));
  });

  it("is spread evenly", () => {
    // Rows of the first tenth of the file: where their Ids lie is as good as random.
    const ids = shuffled.slice(0, NODES / 10).map(({ Id }) => Id);
    const mean = ids.reduce((sum, id) => sum + id, 0) / ids.length / NODES;
    expect(mean).toBeGreaterThan(0.46);
    expect(mean).toBeLessThan(0.54);
    const ascents = ids.filter((id, n) => n > 0 && id > (ids[n - 1] ?? 0)).length / ids.length;
    expect(ascents).toBeGreaterThan(0.44);
    expect(ascents).toBeLessThan(0.56);
  });
});

describe("what is left behind", () => {
  it("is the files and nothing beside them", () => {
    expect(readdirSync(files.folder).filter((name) => !/^earth-\d+\.gpkg$/.test(name))).toEqual([]);
  });
});
