import { afterAll, describe, expect, it } from "vitest";
import { materials } from "../../src/generate/material.js";
import { EarthFiles, indicesOfRow } from "./earth-files.js";

const files = new EarthFiles();
afterAll(() => files.remove());

const rows = files.rows({ nodes: 30_000, seed: 2 });
const texts = rows.flatMap(({ Metadata }) => (Metadata === null ? [] : [Metadata]));
const byName = new Map<string, (typeof materials)[keyof typeof materials]>(
  Object.values(materials).map((material) => [material.name, material]),
);

describe("materials", () => {
  it("are left to the ancestor now and then, never at the root", () => {
    const nulls = rows.filter(({ MaterialId }) => MaterialId === null);
    expect(nulls.length / rows.length).toBeGreaterThan(0.03);
    expect(nulls.length / rows.length).toBeLessThan(0.05);
    expect(rows.find(({ Level }) => Level === 0)?.MaterialId).not.toBeNull();
  });

  it("are those their metadata names, about as dense", () => {
    for (const { MaterialId, Metadata, Density } of rows) {
      if (Metadata === null) continue;
      const { material } = JSON.parse(Metadata) as { material: string };
      const { id, density } = byName.get(material) ?? { id: -1, density: 0 };
      expect([id, null]).toContain(MaterialId);
      expect(Math.abs(Density / density - 1)).toBeLessThanOrEqual(0.031);
    }
  });

  it.each([
    ["above", 500_000, 10e6, materials.air],
    ["far below", -2_500_000, -100_000, materials.mantle],
    ["at the center", -10e6, -4_000_000, materials.core],
  ])("are what is %s", (_where, lowest, highest, { id }) => {
    const inside = rows.filter((row) => {
      const height = 20e6 / 2 ** row.Level;
      const bottom = indicesOfRow(row)[2] * height - 10e6;
      return bottom >= lowest && bottom + height <= highest;
    });
    expect(inside.length).toBeGreaterThan(100);
    expect(new Set(inside.map(({ MaterialId }) => MaterialId))).toEqual(new Set([id, null]));
  });

  it("are of every kind", () => {
    const found = new Set(rows.map(({ MaterialId }) => MaterialId));
    for (const { id, name } of byName.values()) {
      // A thin layer: cells this large do not fit into it.
      if (name !== "sediment") expect(found, name).toContain(id);
    }
  });
});

describe("metadata", () => {
  it("is absent in a few rows", () => {
    const share = 1 - texts.length / rows.length;
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.04);
  });

  it("is JSON of 30 bytes to some kilobytes, about 120 on average", () => {
    const sizes = texts.map((text) => Buffer.byteLength(text));
    expect(Math.min(...sizes)).toBeLessThan(45);
    expect(Math.max(...sizes)).toBeGreaterThan(2000);
    expect(Math.max(...sizes)).toBeLessThan(8192);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(mean).toBeGreaterThan(105);
    expect(mean).toBeLessThan(135);
  });

  it("names the city of a cell in one", () => {
    const cities = texts.map((text) => (JSON.parse(text) as { name?: string }).name);
    expect(cities).toContain("Tokyo");
  });
});

describe("Created", () => {
  it("is a valid time in UTC, some with milliseconds", () => {
    for (const { Created } of rows) {
      const time = new Date(Created);
      const text = Created.includes(".")
        ? time.toISOString()
        : time.toISOString().replace(".000", "");
      expect(text).toBe(Created);
      expect(Created >= "2019" && Created < "2024").toBe(true);
    }
    expect(rows.some(({ Created }) => Created.includes("."))).toBe(true);
  });
});
