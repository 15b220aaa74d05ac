import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { requireSame } from "../../src/backfill/same-run.js";
import { frames } from "../../src/encoding/frame.js";
import { type BackfillOptions, settingsOf } from "../../src/load/load-settings.js";
import type { RunFile } from "../../src/load/run-file.js";
import type { ColumnMapping } from "../../src/source/columns.js";
import { refusalOf } from "../support/refusal-of.js";
import { usualColumnNames } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const first = join(folder, "first.gpkg");
const second = join(folder, "second.gpkg");
writeFileSync(first, "any content");
copyFileSync(first, second);

const earlier: RunFile = {
  version: 2,
  runId: "20260131-120000-a1b2c3",
  startedAt: "2026-01-31T12:00:00.000Z",
  state: "interrupted",
  resumes: 0,
  source: {
    name: "earth",
    given: [join(folder, "*.gpkg")],
    paths: [first, second],
    table: null,
    columns: { density: null, id: "fid" },
    snapshotDir: null,
    snapshots: null,
    fingerprint: "f1",
    files: [],
    columnNames: usualColumnNames,
  },
  sinks: ["sqlite:earth.octree", "null:"],
  cursors: [1, 1],
  addSource: false,
  ...settingsOf({ where: "Id > 2", levels: { min: 3, max: 9 }, maxErrors: 7 }),
  frame: frames.centred,
  writeTimeUs: "1",
};

function resume(options: BackfillOptions): void {
  requireSame(earlier, options, settingsOf(options), folder);
}

describe("a run that is resumed", () => {
  it("may leave out, repeat, or name in another way what it began with", () => {
    const same: BackfillOptions[] = [
      {},
      { sources: [join(folder, "*.gpkg")], to: ["sqlite:earth.octree", "null:"] },
      { sources: [first, second] },
      { sources: [join(folder, "[fs]*.gpkg")] },
      { where: "Id > 2", levels: { max: 9, min: 3 }, sourceName: "earth" },
      { columns: { ID: "fid", Density: null } as ColumnMapping },
      { frame: { ...frames.centred }, coerceText: false, dryRun: false, onCollision: "newest" },
      { order: "key" },
      { maxErrors: "50%", memoryBytes: 2 ** 30, rowsPerSecond: 5, restart: false },
    ];
    for (const options of same) expect(() => resume(options)).not.toThrow();
  });

  it("may not change what decides which rows are sent, or how", () => {
    const others: BackfillOptions[] = [
      { sources: [first] },
      { sources: [second, first] },
      { sources: [join(folder, "none*.gpkg")] },
      { to: ["sqlite:earth.octree"] },
      { to: ["null:", "sqlite:earth.octree"] },
      { where: "Id > 3" },
      { levels: { min: 3, max: 10 } },
      { limit: 5 },
      { shard: { index: 1, count: 2, runId: "night" } },
      { coerceText: true },
      { dryRun: true },
      { order: "source" },
      { onCollision: "fail" },
      { table: "nodes" },
      { columns: { id: "fid" } },
      { frame: frames.bluemarble },
      { sourceName: "mars" },
      { snapshotDir: "/tmp" },
    ];
    for (const options of others) {
      const { code, fault } = refusalOf(() => resume(options));
      const [name = ""] = Object.keys(options);
      const shown = name === "sourceName" ? "name" : name;
      expect([code, fault]).toEqual(["RUN_OTHER", expect.stringContaining(`with ${shown} `)]);
    }
  });
});
