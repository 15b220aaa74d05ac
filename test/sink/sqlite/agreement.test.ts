import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { frames } from "../../../src/encoding/frame.js";
import { createSink } from "../../../src/sink/create-sink.js";
import { nothingRecorded } from "../../../src/sink/recorded-target.js";
import type { Layout, TargetFacts } from "../../../src/sink/sink.js";
import { recordedTarget } from "../../../src/sink/sqlite/recorded.js";
import {
  change,
  loadTarget,
  openedSink,
  query,
  targetPaths,
  urlOf,
} from "../../support/loaded-target.js";
import { rejectionOf } from "../../support/rejection-of.js";
import { type SinkRow, sinkBatch, targetFacts } from "../../support/sink-blocks.js";

const { folder, newPath } = targetPaths();

const rows: SinkRow[] = [
  { level: 3, code: 40n },
  { level: 9, code: 41n },
];

describe("what a target records", () => {
  it("is frame, layout, sources and column sets", async () => {
    const path = newPath();
    const set = { number: 4, columns: [{ name: "owner", declaredType: "TEXT" }] };
    loadTarget(path, [], "node", { columnSets: [set], frame: frames.bluemarble });
    const meta = new Map(query(path, "SELECT key, value FROM octoload_meta") as [string, string][]);
    expect(meta.get("schema_version")).toBe("1");
    expect(meta.get("layout")).toBe("node");
    expect(JSON.parse(meta.get("frame") ?? "")).toEqual(frames.bluemarble.toJSON());
    expect(JSON.parse(meta.get("source:earth.gpkg") ?? "")).toMatchObject({ columnSets: [4] });
    expect(recordedTarget(urlOf(path)).meta?.columnSets).toEqual([set]);
  });

  it("is nothing before the first run", () => {
    expect(recordedTarget(urlOf(newPath()))).toEqual(nothingRecorded);
    expect(recordedTarget("null:")).toEqual(nothingRecorded);
  });

  it("counts runs, a resumed one once", async () => {
    const path = newPath();
    for (const runId of ["a", "a", "b"]) loadTarget(path, [], "node", { runId });
    const sql = "SELECT value FROM octoload_state WHERE key = 'run_count'";
    expect(query(path, sql)).toEqual([["2"]]);
  });
});

describe("refusals", () => {
  async function refusal(url: string, facts: Partial<TargetFacts> = {}) {
    const sink = await createSink(url);
    const error = await rejectionOf(sink.open(targetFacts(facts)));
    await sink.close();
    return error;
  }

  it.each<[string, Partial<TargetFacts>, Layout, string, RegExp]>([
    ["frame", { frame: frames.bluemarble }, "node", "TARGET_FRAME", /made in the frame .*centred/],
    ["layout", {}, "tile", "TARGET_LAYOUT", /made with layout node, not tile/],
    ["source", { sourceName: "mars" }, "node", "TARGET_SOURCE", /"earth.gpkg", not of "mars"/],
    [
      "column set",
      { columnSets: [{ number: 1, columns: [{ name: "b", declaredType: "" }] }] },
      "node",
      "TARGET_COLUMNS",
      /set 1 as a$/,
    ],
  ])("of another %s", async (_, facts, layout, code, message) => {
    const path = newPath();
    const columnSets = [{ number: 1, columns: [{ name: "a", declaredType: "" }] }];
    loadTarget(path, rows, "node", { columnSets });
    const before = readFileSync(path);
    const error = await refusal(urlOf(path, layout), facts);
    expect(error.code).toBe(code);
    expect(error.fault).toMatch(message);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("takes another source when told to, and the same one with other content", async () => {
    const path = newPath();
    loadTarget(path, rows);
    loadTarget(path, rows, "node", { sourceName: "mars", addSource: true });
    loadTarget(path, rows, "node", { sourceName: "mars", sourceFingerprint: "f2" });
    const keys = query(path, "SELECT key FROM octoload_meta WHERE key LIKE 'source:%'");
    expect(keys).toEqual([["source:earth.gpkg"], ["source:mars"]]);
  });

  it.each([
    ["no database", "TARGET_NOT_DATABASE", "not a database, but a text of some length".repeat(50)],
    ["a truncated one", "TARGET_NOT_DATABASE", "SQLite format 3\0".padEnd(100, "\xff")],
  ])("of %s", async (_, code, content) => {
    const path = newPath();
    writeFileSync(path, content, "latin1");
    expect((await refusal(urlOf(path))).code).toBe(code);
    expect(readFileSync(path, "latin1")).toBe(content);
    expect(existsSync(`${path}-writer-lock`)).toBe(false);
  });

  it("of a database of something else", async () => {
    const path = newPath();
    change(path, "CREATE TABLE invoices (id); CREATE TABLE octoload_meta (key, value)");
    const error = await refusal(urlOf(path));
    expect(error.code).toBe("TARGET_FOREIGN");
    expect(error.fault).toContain("invoices");
    expect(existsSync(`${path}-writer-lock`)).toBe(false);
  });

  it("of a newer schema", async () => {
    const path = newPath();
    loadTarget(path, rows);
    change(path, "UPDATE octoload_meta SET value = '2' WHERE key = 'schema_version'");
    const error = await refusal(urlOf(path));
    expect(error.code).toBe("TARGET_SCHEMA");
    expect(error.fault).toContain("schema version 2, but this octoload knows 1");
  });

  it("of a path in no folder", async () => {
    const error = await refusal(urlOf(join(folder, "nowhere", "x.db")));
    expect(error.code).toBe("TARGET_FAILED");
    expect(error.fault).toContain("nowhere");
  });

  it("of a second writer for as long as the first is open; readers go on", async () => {
    const path = newPath();
    const first = await openedSink(urlOf(path));
    const error = await refusal(urlOf(path));
    expect(error.code).toBe("TARGET_LOCKED");
    expect(error.fault).toContain("another run is writing");
    await first.write(sinkBatch(rows));
    expect(query(path, "SELECT count(*) FROM octree_nodes")).toEqual([[2n]]);
    await first.close();
    loadTarget(path, rows);
  });
});
