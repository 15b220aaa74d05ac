import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ancestorAt, indicesOf } from "../../src/encoding/cell.js";
import type { Box } from "../../src/encoding/cover.js";
import { frames, type Triple } from "../../src/encoding/frame.js";
import { decodeCode, encodePoint } from "../../src/encoding/point.js";
import type { Layout } from "../../src/sink/sink.js";
import { openTarget } from "../../src/target/open-target.js";
import type { Target } from "../../src/target/target.js";
import type { TargetRow } from "../../src/target/target-row.js";
import { runCli } from "../cli/run-cli.js";
import { loadTarget } from "../support/loaded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs, seed } from "../support/seed.js";
import { describeOnCassandra } from "../support/servers.js";
import { cellOf, type SinkRow } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";
import { openReadsKeyspace } from "./reads-keyspace.js";
import type { SchemaKeyspace } from "./schema-keyspace.js";

const folder = tempFolder();
const layouts: readonly Layout[] = ["node", "tile"];
const deepestOf = { node: 21, tile: 26 } as const;

/** Coordinates around which most of the rows lie, so that there are neighbours and ancestors. */
const places: readonly Triple[] = [
  [1_000_000.5, -2_000_000.25, 3000],
  [-20e6, -10e6, -10e6],
  [20e6, 10e6, 10e6],
];

function anyPoint(spreadM: number): fc.Arbitrary<Triple> {
  const offset = fc.double({ min: -spreadM, max: spreadM, noNaN: true });
  const clip = (value: number, half: number) => Math.max(-half, Math.min(half, value));
  return fc
    .tuple(fc.constantFrom(...places), offset, offset, offset)
    .map(([[x, y, z], dx, dy, dz]): Triple => {
      return [clip(x + dx, 20e6), clip(y + dy, 10e6), clip(z + dz, 10e6)];
    });
}

function anyRow(layout: Layout): fc.Arbitrary<SinkRow> {
  const somewhere = fc.oneof(anyPoint(5), anyPoint(50_000), anyPoint(2e7));
  return fc
    .record({
      point: somewhere,
      level: fc.integer({ min: 0, max: deepestOf[layout] }),
      material: fc.option(fc.integer({ min: -3, max: 3 })),
      mask: fc.integer({ min: 0, max: 255 }),
      homogeneity: fc.constantFrom(1, Math.fround(0.1), 0.5),
      lastModified: fc.bigInt(0n, 2n ** 40n),
      id: fc.bigInt(0n, 2n ** 60n),
      metadata: fc.oneof(fc.string(), fc.constant(null)),
    })
    .map(({ point, level, ...row }) => ({ ...row, point, ...cellOf(point, level) }));
}

function distinct(rows: readonly SinkRow[]): SinkRow[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function keyOf({ level, code }: Pick<SinkRow, "level" | "code">): string {
  return `${level}:${code}`;
}

async function collect(rows: AsyncIterable<TargetRow>): Promise<TargetRow[]> {
  const all: TargetRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

const keysOf = (rows: readonly TargetRow[]) =>
  rows.map(({ level, mortonCode }) => keyOf({ level, code: mortonCode }));

describeOnCassandra("reads of a target in Cassandra", (cassandra) => {
  describe.each(layouts)("layout %s", (layout) => {
    const rows = distinct(fc.sample(anyRow(layout), { seed, numRuns: 500 }));
    const byKey = new Map(rows.map((row) => [keyOf(row), row]));
    let keyspace: SchemaKeyspace;
    let target: Target;
    /** The same rows in an embedded target. */
    let embedded: Target;

    beforeAll(async () => {
      keyspace = await openReadsKeyspace(cassandra, layout, rows);
      target = await openTarget(keyspace.url, { env: {} });
      const path = join(folder, `${layout}.db`);
      loadTarget(path, rows, layout);
      embedded = await openTarget(`sqlite:${path}`);
    });

    afterAll(async () => {
      await target?.close();
      await embedded?.close();
      await keyspace?.end();
    });

    it("takes layout and frame from the target", () => {
      expect([target.layout, target.frame.name]).toEqual([layout, "centred"]);
      expect(target.meta.sources.map(({ name }) => name)).toEqual(["earth.gpkg"]);
    });

    it("getCell gives each row as an embedded target does", async () => {
      for (const { code, level } of rows) {
        const row = await target.getCell(code, level);
        expect(row).toBeDefined();
        expect(row).toEqual(await embedded.getCell(code, level));
      }
    });

    it("getCell finds nothing where nothing is", async () => {
      for (const { code, level } of rows.slice(0, 40)) {
        const beside = code ^ 1n;
        const other = level === 0 || byKey.has(keyOf({ level, code: beside }));
        if (!other) expect(await target.getCell(beside, level)).toBeUndefined();
      }
      expect(await target.getCell(0n, 26)).toEqual(await embedded.getCell(0n, 26));
    });

    it("getNearest gives the deepest ancestor of all rows", async () => {
      const anyQuery = fc.tuple(
        fc.oneof(anyPoint(20), anyPoint(2e7)),
        fc.integer({ min: 0, max: 26 }),
      );
      await fc.assert(
        fc.asyncProperty(anyQuery, async ([point, level]) => {
          const code = encodePoint(...point, level);
          const wanted = Array.from({ length: level + 1 }, (_, i) => level - i)
            .map((above) => keyOf({ level: above, code: ancestorAt(code, level, above) }))
            .find((key) => byKey.has(key));
          const row = await target.getNearest(...point, level);
          expect(row && keysOf([row])[0]).toBe(wanted);
          expect(row).toEqual(await embedded.getNearest(...point, level));
        }),
        runs(150),
      );
    });

    /** A box of some cells around a row, at the levels at which that are few. */
    const anyBox = fc
      .record({
        row: fc.constantFrom(...rows),
        before: fc.tuple(...([0, 1, 2] as const).map(() => fc.integer({ min: 0, max: 5 }))),
        after: fc.tuple(...([0, 1, 2] as const).map(() => fc.integer({ min: 0, max: 5 }))),
        levels: fc.tuple(fc.integer({ min: 0, max: 26 }), fc.integer({ min: 0, max: 1 })),
      })
      .map(({ row, before, after, levels: [above, below] }) => {
        const { center } = decodeCode(row.code, row.level);
        const side = (axis: 0 | 1 | 2) => (frames.centred.size[axis] ?? 0) / 2 ** row.level;
        const corner = (steps: number[], sign: number): Triple => {
          const at = (axis: 0 | 1 | 2) => {
            const half = (frames.centred.size[axis] ?? 0) / 2;
            const value = center[axis] + sign * (steps[axis] ?? 0) * side(axis);
            return Math.max(-half, Math.min(half, value));
          };
          return [at(0), at(1), at(2)];
        };
        const levels: [number, number] = [
          Math.max(0, row.level - above),
          Math.min(26, row.level + below),
        ];
        return { box: { min: corner(before, -1), max: corner(after, 1) }, levels };
      });

    function rowsIn({ min, max }: Box, [from, to]: readonly [number, number]): string[] {
      const isIn = ({ level, code }: SinkRow) => {
        const low = indicesOf(encodePoint(...min, level), level);
        const high = indicesOf(encodePoint(...max, level), level);
        return indicesOf(code, level).every((i, k) => i >= (low[k] ?? 0) && i <= (high[k] ?? 0));
      };
      return rows
        .filter((row) => row.level >= from && row.level <= to && isIn(row))
        .sort((a, b) => a.level - b.level || (a.code < b.code ? -1 : 1))
        .map(keyOf);
    }

    it("getBox equals a look at every row", async () => {
      await fc.assert(
        fc.asyncProperty(anyBox, async ({ box, levels }) => {
          const found = await collect(target.getBox(box, { levels }));
          expect(keysOf(found)).toEqual(rowsIn(box, levels));
          expect(found).toEqual(await collect(embedded.getBox(box, { levels })));
          const limited = await collect(target.getBox(box, { levels, limit: 2 }));
          expect(limited).toEqual(found.slice(0, 2));
        }),
        runs(40),
      );
    });

    it("getBox refuses what would need too many reads, once it comes to that", async () => {
      const box: Box = { min: [0, 0, 0], max: [5e6, 5e6, 5e6] };
      const error = await rejectionOf(collect(target.getBox(box)));
      expect([error.code, error.remedy]).toEqual([
        "BOX_TOO_LARGE",
        expect.stringMatching(/--level/),
      ]);
      expect(error.fault).toMatch(layout === "node" ? /cells at level/ : /tiles at level/);
      const whole = { min: [-20e6, -10e6, -10e6] as const, max: [20e6, 10e6, 10e6] as const };
      expect(await collect(target.getBox(whole, { limit: 1 }))).toHaveLength(1);
    });

    it("octoload get prints a cell, its nearest ancestor, and a box", async () => {
      const row = rows.find(({ level }) => level > 9 && level < 19);
      if (row === undefined) throw new Error("no such row");
      const point = (row.point ?? []).map(String);
      const get = ["get", "--to", keyspace.url, "--json"];
      const cell = await runCli([...get, ...point, "--level", String(row.level)]);
      const level = String(row.level + 1);
      const nearest = await runCli([...get, ...point, "--level", level, "--nearest"]);
      const corner = point.join(",");
      const line = ["--box", `${corner},${corner}`, "--level", String(row.level)];
      const box = await runCli([...get, ...line]);
      expect([cell.exitCode, nearest.exitCode, box.exitCode]).toEqual([0, 0, 0]);
      const found = (JSON.parse(cell.stdout) as { cell: { mortonCode: string } }).cell;
      expect(found).toMatchObject({ level: row.level, mortonCode: String(row.code) });
      expect(JSON.parse(box.stdout)).toEqual({ cells: [found], more: false });
      const deeper = byKey.has(keyOf(cellOf(row.point ?? [0, 0, 0], row.level + 1)));
      if (!deeper) expect(JSON.parse(nearest.stdout)).toEqual({ found: true, cell: found });
    });

    it("scan gives each row once, and countRows as many", async () => {
      const found: TargetRow[] = [];
      const shares: number[] = [];
      const onProgress = (share: number) => shares.push(share);
      for await (const batch of target.scan({ onProgress })) found.push(...batch);
      expect(keysOf(found).sort()).toEqual(rows.map(keyOf).sort());
      expect(await target.countRows()).toBe(rows.length);
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares.at(-1)).toBeCloseTo(1, 9);
    });

    it("scan stops when it is aborted", async () => {
      const signal = AbortSignal.abort(new Error("enough"));
      const scan = async () => {
        for await (const _ of target.scan({ signal }));
      };
      await expect(scan()).rejects.toThrow("enough");
    });
  });

  describe("openTarget refuses", () => {
    let keyspace: SchemaKeyspace;

    beforeAll(async () => {
      keyspace = await openReadsKeyspace(cassandra, "tile", [{ level: 5, code: 77n }]);
    });

    afterAll(async () => {
      await keyspace?.end();
    });

    const refusal = async (url: string, frame = frames.centred) => {
      return (await rejectionOf(openTarget(url, { env: {}, frame }))).code;
    };

    it("another layout, another frame, what is not there", async () => {
      expect(await refusal(`${keyspace.url}?layout=node`)).toBe("TARGET_LAYOUT");
      expect(await refusal(keyspace.url, frames.bluemarble)).toBe("TARGET_FRAME");
      expect(await refusal(`${keyspace.url}x`)).toBe("CASSANDRA_KEYSPACE");
    });

    it("names a row that was damaged, and a read that too few replicas can answer", async () => {
      const target = await openTarget(keyspace.url, { env: {} });
      const strict = await openTarget(`${keyspace.url}?consistency=three`, { env: {} }).catch(
        (error: unknown) => error,
      );
      expect(strict).toMatchObject({ code: "CASSANDRA_UNAVAILABLE" });
      const [row] = await keyspace.execute("SELECT * FROM {ks}.octree_tiles");
      const data = Buffer.from(row?.compressed_data as Uint8Array).toString("hex");
      await keyspace.execute(
        `INSERT INTO {ks}.octree_tiles (level, tile, cell, homogeneity, children_mask, compressed_data, last_modified) VALUES (5, 0, 78, 1, 0, 0x${data}, 0)`,
      );
      await keyspace.execute(
        "INSERT INTO {ks}.octree_tiles (level, tile, cell, material_id) VALUES (5, 0, 79, 1)",
      );
      const swapped = await rejectionOf(target.getCell(78n, 5));
      expect([swapped.code, swapped.fault]).toEqual([
        "ENVELOPE_CHECKSUM",
        expect.stringContaining("code 78 at level 5"),
      ]);
      const incomplete = await rejectionOf(target.getCell(79n, 5));
      expect([incomplete.code, incomplete.fault]).toEqual([
        "ROW_INCOMPLETE",
        "the row of code 79 at level 5 has no homogeneity, children_mask, compressed_data, last_modified",
      ]);
      const copies = await target.getCopies(78n, 5);
      expect(copies.copies.map(({ answer }) => answer.kind)).toEqual(["damaged"]);
      await target.close();
    });
  });
});
