import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import type { DigestsFile } from "../../src/backfill/digest-report.js";
import { DigestSet } from "../../src/encoding/digest-set.js";
import { frames } from "../../src/encoding/frame.js";
import type { BackfillOptions } from "../../src/load/load-settings.js";
import type { Phase, RunEvent } from "../../src/load/progress.js";
import type { RunReport } from "../../src/load/run-report.js";
import { backfillCase, load } from "../support/backfill-case.js";
import { digestsOf } from "../support/digest-oracle.js";
import { expectedLoad, type SourceRow } from "../support/load-oracle.js";
import { nastyTable } from "../support/nasty-tables.js";
import { fixRejectedNode, loadTree, redriven, sentBy, smallTree } from "../support/redrive-case.js";
import { nodeTable, nodeValues, readJson, smallMemory } from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import { readTable, type SourceTable, usualColumns, writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let made = 0;

function newFolder(): string {
  made += 1;
  const path = join(folder, String(made));
  mkdirSync(path);
  return path;
}

/** What SQLite made of a table, for the oracles. */
function rowsOf(path: string, table: SourceTable, file = 0): SourceRow[] {
  const taken = table.columns.map(({ name }) => name.toLowerCase());
  const rowidName = ["rowid", "_rowid_", "oid"].find((name) => !taken.includes(name)) ?? "";
  return readTable(path, table.name ?? "nodes", rowidName).map((row) => {
    const byName = new Map([...row.values].map(([name, value]) => [name.toLowerCase(), value]));
    return { file, row, column: (key) => byName.get(key) };
  });
}

function listedIn(runDir: string): DigestsFile["sinks"] {
  return (readJson(runDir, "digests.json") as unknown as DigestsFile).sinks;
}

const rootsOf = (report: RunReport) => report.sinks.map(({ digests }) => digests?.root);

describe("a load's digests", () => {
  it("are those of the rows that SQLite has, whatever the tables", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(nastyTable, { minLength: 1, maxLength: 2, size: "max" }),
        fc.constantFrom("node", "tile"),
        async (tables, layout) => {
          const at = newFolder();
          const paths = tables.map((_, i) => join(at, `part-${i}.db`));
          const rows = tables.flatMap((table, file) => {
            writeTable(paths[file] ?? "", table);
            return rowsOf(paths[file] ?? "", table, file);
          });
          const { loaded } = expectedLoad(rows, frames.centred, layout === "node" ? 21 : 26);
          const runDir = join(at, "run");
          const { report } = await backfill({
            sources: paths,
            to: [`sqlite:${join(at, "target.octree")}?layout=${layout}`],
            runDir,
            maxErrors: "100%",
            ...smallMemory,
          });
          const { root, rows: count, ranges } = digestsOf(loaded);
          const digests = { root, rows: count, rangeLevel: 4, ranges: ranges.length };
          expect(report.sinks[0]?.digests).toEqual({ ...digests, file: "digests.json" });
          const [listed] = listedIn(runDir);
          expect(listed?.ranges).toEqual(ranges);
          expect(listed && DigestSet.fromJson(listed).rows).toBe(count);
        },
      ),
      runs(10),
    );
  }, 300_000);

  it("are of the text that was taken for a number, and of what was read from it", async () => {
    const columns = [...usualColumns, { name: "Note" }];
    const texts = { X: "100.5", Y: "-2e3", Z: "1500.25", Level: "7", MaterialId: "12" };
    const rows = [{ values: [...nodeValues(3, texts), "a"] }, { values: [...nodeValues(4), null] }];
    const table = { columns, rows };
    const at = backfillCase(folder, table);
    const report = await load(at, { coerceText: true });
    const read = rowsOf(at.source, table);
    const target = new Database(at.target, { readonly: true });
    const cells = target
      .prepare<[], { code: bigint; level: bigint; homogeneity: number; material: bigint }>(
        `SELECT morton_code AS code, level, homogeneity, material_id AS material FROM octree_nodes
         ORDER BY level`,
      )
      .safeIntegers()
      .all();
    target.close();
    const points = [[100.5, -2000, 1500.25], undefined] as const;
    const expected = cells.map(({ code, level, homogeneity, material }, i) => {
      const source = read[i];
      if (source === undefined) throw new Error("a row is missing");
      const derived = { childrenMask: 0, homogeneity, materialId: Number(material) };
      const point = points[i];
      const key = { source, code, level: Number(level) };
      return point === undefined ? { ...key, ...derived } : { ...key, ...derived, point };
    });
    expect(cells.map(({ level }) => Number(level))).toEqual([7, 12]);
    expect(rootsOf(report)).toEqual([digestsOf(expected).root]);
  });

  it("leave out the rows that a target refused", async () => {
    const deep = { X: -20e6, Y: -10e6, Z: -10e6, Level: 24n };
    const table = nodeTable(60, { 5: deep, 17: { X: null } });
    const at = backfillCase(folder, table);
    const report = await load(at, {
      to: [`sqlite:${at.target}`, `sqlite:${at.target}-tile?layout=tile`],
      maxErrors: 10,
    });
    const rows = rowsOf(at.source, table);
    const rootOf = (maxLevel: number) =>
      digestsOf(expectedLoad(rows, frames.centred, maxLevel).loaded).root;
    expect(rootsOf(report)).toEqual([rootOf(21), rootOf(26)]);
    expect(report.sinks.map(({ digests }) => digests?.rows)).toEqual([58, 59]);
  });
});

describe("a redrive's digests", () => {
  it("are those of the rows it sent", async () => {
    const place = await loadTree(smallTree);
    fixRejectedNode(place);
    const report = await redriven(place);
    const sent = new Set(sentBy(place.second, place.target));
    const read = rowsOf(place.source, { columns: usualColumns, rows: [] });
    const { loaded } = expectedLoad(read, frames.centred, 21);
    const expected = digestsOf(loaded.filter(({ level, code }) => sent.has(`${level} ${code}`)));
    expect([sent.size, expected.rows]).toEqual([5, 5]);
    const [sink] = report.sinks;
    expect([sink?.digests?.rows, sink?.digests?.root]).toEqual([5, expected.root]);
  });
});

const ROWS = 20_000;
const columns = [...usualColumns, { name: "zone" }, { name: "Area" }];
const valuesOf = (i: number) => [...nodeValues(i), `z${i % 9}`, i / 8];
const table = {
  columns,
  rows: Array.from({ length: ROWS }, (_, i) => ({ values: valuesOf(i) })),
};

/** Every third row in a file of its own, its columns in another order; the others backwards. */
function redistributed(at: string): string[] {
  const order = [...columns.keys()].reverse();
  const moved = { columns: order.map((c) => columns[c] ?? { name: "" }) };
  const isMoved = (i: number) => i % 3 === 0;
  const paths = ["b.db", "a.db"].map((name) => join(at, name));
  const rows = [...table.rows.keys()].reverse();
  writeTable(paths[0] ?? "", {
    ...moved,
    rows: rows.filter(isMoved).map((i) => ({
      values: order.map((c) => valuesOf(i)[c] ?? null),
    })),
  });
  writeTable(paths[1] ?? "", {
    columns,
    rows: rows.filter((i) => !isMoved(i)).map((i) => ({ values: valuesOf(i) })),
  });
  return paths;
}

describe("a source's root digest", () => {
  const at = backfillCase(folder, table);
  let next = 0;
  const again = (options: BackfillOptions = {}): Promise<RunReport> => {
    next += 1;
    const runDir = `${at.runDir}-${next}`;
    return load({ ...at, target: `${at.target}-${next}`, runDir }, options);
  };

  it("is the same in any layout and order, from other files, and of several targets", async () => {
    const [root] = rootsOf(await load(at));
    const rows = rowsOf(at.source, table);
    expect(root).toBe(digestsOf(expectedLoad(rows, frames.centred, 21).loaded).root);
    const two = [`sqlite:${at.target}-one`, `sqlite:${at.target}-two?layout=tile`, "null:"];
    expect(rootsOf(await again({ to: two }))).toEqual([root, root, root]);
    expect(rootsOf(await again({ order: "source" }))).toEqual([root]);
    const sources = redistributed(newFolder());
    expect(rootsOf(await again({ sources }))).toEqual([root]);
    const one = nodeValues(77, { Metadata: "x" });
    const changed = join(newFolder(), "changed.db");
    writeTable(changed, {
      columns,
      rows: table.rows.map((row, i) => (i === 77 ? { values: [...one, "z5", 77 / 8] } : row)),
    });
    expect(rootsOf(await again({ sources: [changed] }))).not.toEqual([root]);
  });

  it("is the sum of its shards'", async () => {
    const whole = await again();
    const target = `${at.target}-shards`;
    let sum = DigestSet.empty;
    for (const index of [1, 2, 3]) {
      const runDir = `${at.runDir}-shard-${index}`;
      await load({ ...at, target, runDir }, { shard: { index, count: 3, runId: "night" } });
      for (const listed of listedIn(runDir)) sum = sum.plus(DigestSet.fromJson(listed));
    }
    expect([sum.root]).toEqual(rootsOf(whole));
  });

  it.each(["key", "source"] as const)(
    "is the same after interruptions, order %s",
    async (order) => {
      const whole = await again({ order });
      const own = { ...at, target: `${at.target}-${order}`, runDir: `${at.runDir}-${order}` };
      for (const phase of ["scan", "load", "acknowledged"] as const) {
        const stop = new AbortController();
        const isReached = (event: RunEvent) =>
          phase === "acknowledged"
            ? event.event === "progress" && (event.sinks[0]?.loaded ?? 0) > 0
            : event.event === "phase" && event.phase === (phase as Phase);
        const onProgress = (event: RunEvent) => {
          if (isReached(event)) stop.abort();
        };
        await load(own, { order }, { signal: stop.signal, onProgress });
        if (readJson(own.runDir, "run.json").state === "done") break;
      }
      const state = readJson(own.runDir, "run.json").state;
      const report =
        state === "done"
          ? (readJson(own.runDir, "report.json") as unknown as RunReport)
          : await load(own, { order });
      expect(rootsOf(report)).toEqual(rootsOf(whole));
    },
  );

  it("is left out by --no-digests, which a resume does not change", async () => {
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "load") stop.abort();
    };
    const own = { ...at, target: `${at.target}-none`, runDir: `${at.runDir}-none` };
    await load(own, { digests: false }, { signal: stop.signal, onProgress });
    const report = await load(own);
    expect([report.outcome, report.resumes, report.sinks[0]?.digests]).toEqual([
      "done",
      1,
      undefined,
    ]);
    expect(() => readJson(own.runDir, "digests.json")).toThrow("ENOENT");
  });
});
