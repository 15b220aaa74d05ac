import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { BackfillOptions } from "../../src/load/load-settings.js";
import type { RunEvent } from "../../src/load/progress.js";
import { type BackfillCase, backfillCase, load, loadCommand } from "../support/backfill-case.js";
import { change, query } from "../support/loaded-target.js";
import { keyOfRow, prunedKeysOf, scattered, tableWithout } from "../support/prune-samples.js";
import { rejectionOf } from "../support/rejection-of.js";
import {
  deadLettersOf,
  eventsOf,
  nodeTable,
  readJson,
  targetCells,
} from "../support/run-samples.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const ROWS = 2000;
const GONE = scattered(ROWS, 137);
const folder = tempFolder();
let made = 0;

/** A target with one load in it, and a source that lacks some of its rows. */
async function loadedCase(
  layout: "node" | "tile",
  gone = GONE,
  changes: Parameters<typeof tableWithout>[2] = {},
): Promise<BackfillCase & { readonly to: string[] }> {
  const before = backfillCase(folder, nodeTable(ROWS));
  const to = [`sqlite:${before.target}?layout=${layout}`];
  await load(before, { to, sourceName: "a" });
  return { ...before, ...changed(before, gone, changes), to };
}

function changed(
  { folder: home }: BackfillCase,
  gone: ReadonlySet<number>,
  changes: Parameters<typeof tableWithout>[2] = {},
): Pick<BackfillCase, "source" | "runDir"> {
  made += 1;
  const source = join(home, `changed-${made}.db`);
  writeTable(source, tableWithout(ROWS, gone, changes));
  return { source, runDir: join(home, `run-${made}`) };
}

function prune(one: BackfillCase & { to: string[] }, options: BackfillOptions = {}, hooks = {}) {
  return load(one, { to: one.to, sourceName: "a", prune: true, ...options }, hooks);
}

const keysIn = (target: string) =>
  targetCells(target)
    .map(({ level, code }) => `${level} ${code}`)
    .sort();
const keysOfRows = (indexes: Iterable<number>) => [...indexes].map(keyOfRow).sort();
const without = (gone: ReadonlySet<number>) =>
  Array.from({ length: ROWS }, (_, i) => i).filter((i) => !gone.has(i));

describe.each(["node", "tile"] as const)("a prune of an embedded target of layout %s", (layout) => {
  it("deletes what the source lacks, and lists and counts it", async () => {
    const one = await loadedCase(layout, GONE, { 5: { MaterialId: "rock" } });
    const [writeTime] = query(one.target, `SELECT max(write_time) FROM ${tableOf(layout)}`) as [
      [bigint],
    ];
    const events: RunEvent[] = [];
    const onProgress = (event: RunEvent) => events.push(event);
    const report = await prune(one, {}, { onProgress });
    expect(report).toMatchObject({ outcome: "rejected", exitCode: 1 });
    expect(report.sinks).toMatchObject([{ loaded: ROWS - 137 - 1, pruned: 137, live: 0 }]);
    // The rejected row's key is kept, with the row that an earlier run left there.
    expect(deadLettersOf(one.runDir).map(({ code }) => code)).toEqual(["MATERIAL_INVALID"]);
    expect(keysIn(one.target)).toEqual(keysOfRows(without(GONE)));
    const listed = prunedKeysOf(one.runDir);
    expect(listed.map(({ key }) => key).sort()).toEqual(keysOfRows(GONE));
    expect(listed.every((key) => key.sink === one.to[0] && key.writeTime === writeTime[0])).toBe(
      true,
    );
    const phases = events.flatMap((event) => (event.event === "phase" ? [event.phase] : []));
    expect(phases).toEqual(["scan", "derive", "load", "prune", "done"]);
    const last = eventsOf(one.runDir).findLast(({ event }) => event === "progress");
    expect(last?.sinks).toMatchObject([{ pruned: 137 }]);
    const page = readFileSync(join(one.runDir, "report.html"), "utf8");
    expect(page).toContain("newer, kept");
  });

  it("keeps rows that are newer than the run, and counts them", async () => {
    const one = await loadedCase(layout);
    const [index] = [...GONE];
    const [, code] = keyOfRow(index ?? 0).split(" ");
    const where = layout === "node" ? `morton_code = ${code}` : `tile * 32768 + cell = ${code}`;
    change(one.target, `UPDATE ${tableOf(layout)} SET write_time = 9e15 WHERE ${where}`);
    const report = await prune(one);
    expect(report.sinks).toMatchObject([{ pruned: 136, live: 1 }]);
    expect(keysIn(one.target)).toContain(keyOfRow(index ?? 0));
    // The next prune begins later than all runs, and does not delete it either.
    const again = { ...one, ...changed(one, GONE) };
    expect((await prune(again)).sinks).toMatchObject([{ pruned: 0, live: 1 }]);
    expect(prunedKeysOf(again.runDir)).toEqual([]);
  });

  it("empties a target whose source is empty", async () => {
    const one = await loadedCase(layout, new Set(Array.from({ length: ROWS }, (_, i) => i)));
    const report = await prune(one);
    expect(report).toMatchObject({ outcome: "done", total: 0 });
    expect(report.sinks).toMatchObject([{ pruned: ROWS, live: 0 }]);
    expect(keysIn(one.target)).toEqual([]);
  });

  it("lets a deleted row come back with a later run", async () => {
    const one = await loadedCase(layout);
    await prune(one);
    const all = { ...one, ...changed(one, new Set()) };
    expect((await prune(all)).sinks).toMatchObject([{ loaded: ROWS, pruned: 0, live: 0 }]);
    expect(keysIn(one.target)).toEqual(keysOfRows(without(new Set())));
  });
});

describe("a prune", () => {
  it("goes on when it was interrupted, and lists no key twice", async () => {
    const one = await loadedCase("node");
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "prune") stop.abort();
    };
    const report = await prune(one, {}, { signal: stop.signal, onProgress });
    expect(report).toMatchObject({ outcome: "interrupted", exitCode: 4 });
    expect(report.sinks).toMatchObject([{ loaded: ROWS - 137, pruned: 0 }]);
    expect(keysIn(one.target).length).toBe(ROWS);
    const resumed = await load(one, { to: one.to });
    expect(resumed).toMatchObject({ outcome: "done", resumes: 1 });
    expect(resumed.sinks).toMatchObject([{ pruned: 137, live: 0 }]);
    expect(keysIn(one.target)).toEqual(keysOfRows(without(GONE)));
    expect(prunedKeysOf(one.runDir).length).toBe(137);
  });

  it("ends earlier runs, which could bring rows back", async () => {
    const one = await loadedCase("node", new Set());
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "load") stop.abort();
    };
    const earlier = await load(
      one,
      { to: one.to, sourceName: "a" },
      { signal: stop.signal, onProgress },
    );
    expect(earlier.outcome).toBe("interrupted");
    await prune({ ...one, ...changed(one, GONE) });
    const late = await rejectionOf(load(one, { to: one.to }));
    expect(late.code).toBe("RUN_SUPERSEDED");
    expect(keysIn(one.target)).toEqual(keysOfRows(without(GONE)));
  });

  it("does not follow a load that rejects too many rows", async () => {
    const one = await loadedCase("node", GONE, { 5: { MaterialId: "rock" } });
    const report = await prune(one, { maxErrors: 0 });
    expect(report.outcome).toBe("max-errors");
    expect(keysIn(one.target).length).toBe(ROWS);
    const resumed = await load(one, { to: one.to, maxErrors: 1 });
    expect(resumed.sinks).toMatchObject([{ pruned: 137 }]);
  });

  it("deletes nothing in a dry run", async () => {
    const one = await loadedCase("node");
    expect(await prune(one, { dryRun: true })).toMatchObject({ outcome: "dry-run", exitCode: 0 });
    expect(keysIn(one.target).length).toBe(ROWS);
  });

  it("is part of what a run is, and told by its command line and summary", async () => {
    const one = await loadedCase("node");
    const { exitCode, report } = await loadCommand(one, "--source-name", "a", "--prune");
    expect([exitCode, report?.sinks]).toMatchObject([0, [{ pruned: 137, live: 0 }]]);
    expect(readJson(one.runDir, "run.json").prune).toBe(true);
    const other = { ...one, ...changed(one, GONE) };
    const stop = new AbortController();
    stop.abort();
    await load(other, { to: one.to, sourceName: "a" }, { signal: stop.signal });
    const changedMind = await rejectionOf(load(other, { to: one.to, prune: true }));
    expect(changedMind.code).toBe("RUN_OTHER");
  });
});

describe("a prune is refused, with exit code 3 and nothing written,", () => {
  const untouched = (target: string) => query(target, "SELECT * FROM octree_nodes");

  it.each([
    ["--where", "Level > 3"],
    ["--limit", "100"],
    ["--levels", "0..20"],
    ["--shard", "1/2", "--run-id", "x"],
  ])("with %s", async (...filter) => {
    const one = await loadedCase("node", new Set([1]));
    const before = untouched(one.target);
    const { exitCode, error } = await loadCommand(
      one,
      ...["--source-name", "a", "--prune", ...filter],
    );
    expect([exitCode, error?.code]).toEqual([3, "PRUNE_FILTERED"]);
    expect(error?.message).toContain(filter[0]);
    expect(untouched(one.target)).toEqual(before);
  });

  it.each([
    ["OUT_OF_FRAME", { X: 9e9 }],
    ["COORDINATE_INVALID", { Y: "north" }],
    ["COORDINATE_INEXACT", { Z: 2n ** 60n + 1n }],
    ["LEVEL_CLASS", { Level: 1.5 }],
    ["LEVEL_INVALID", { Level: 27n }],
  ] as const)("where a row without a key was rejected (%s)", async (code, fault) => {
    const one = await loadedCase("node", new Set([1]), { 7: fault });
    const before = untouched(one.target);
    const { exitCode, error } = await loadCommand(one, "--source-name", "a", "--prune");
    expect([exitCode, error?.code]).toEqual([3, "PRUNE_KEYLESS"]);
    expect(error?.message).toContain(code);
    expect(untouched(one.target)).toEqual(before);
  });

  it("where the target holds another source's rows", async () => {
    const one = await loadedCase("node", new Set([1]));
    const before = untouched(one.target);
    const args = ["--source-name", "b", "--add-source", "--prune"];
    const { exitCode, error } = await loadCommand(one, ...args);
    expect([exitCode, error?.code]).toEqual([3, "PRUNE_SOURCES"]);
    expect(error?.message).toContain('"a"');
    expect(untouched(one.target)).toEqual(before);
  });

  it("with targets and orders that do not allow it", async () => {
    const one = await loadedCase("node", new Set([1]));
    const cases: BackfillOptions[] = [{ to: ["null:"] }, { order: "source" }];
    for (const options of cases) {
      const error = await rejectionOf(prune(one, options));
      expect(error.code).toBe("PRUNE_UNSUPPORTED");
    }
  });

  it("of a redrive, which does not read all rows", async () => {
    const { runCli } = await import("../cli/run-cli.js");
    const { exitCode, stderr } = await runCli(["redrive", "--run-dir", folder, "--prune"]);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("--prune")]);
  });
});

function tableOf(layout: "node" | "tile"): string {
  return layout === "node" ? "octree_nodes" : "octree_tiles";
}

describe("an embedded target that was pruned", () => {
  it("is one whole file, with the deleted keys kept without what they held", async () => {
    const one = await loadedCase("node");
    await prune(one);
    const database = new Database(one.target, { readonly: true });
    const [kept] = database
      .prepare<[], { rows: number; bytes: number }>(
        "SELECT count(*) AS rows, sum(length(compressed_data)) AS bytes FROM octree_nodes WHERE deleted = 1",
      )
      .all();
    const check = database.pragma("integrity_check", { simple: true });
    database.close();
    expect([kept, check]).toEqual([{ rows: 137, bytes: 0 }, "ok"]);
  });
});
