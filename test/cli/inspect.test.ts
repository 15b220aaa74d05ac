import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { backfillCase } from "../support/backfill-case.js";
import { nodeTable } from "../support/run-samples.js";
import { tempFolder } from "../support/temp-folder.js";
import { runCli } from "./run-cli.js";

const folder = tempFolder();

const inspect = (...args: readonly string[]) =>
  runCli(["inspect", "--memory", String(MIN_MEMORY_BYTES), ...args]);

describe("octoload inspect", () => {
  it("prints a line a finding, what to do, and the verdict", async () => {
    const at = backfillCase(folder, nodeTable(300, { 3: { X: "no" } }));
    const { exitCode, stdout, stderr } = await inspect(at.source, "--to", `sqlite:${at.target}`);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^source\ngo {7}rows +300 rows, levels 12 to 12$/m);
    expect(stdout).toMatch(/^warning {2}bad values +1 row: /m);
    expect(stdout).toMatch(/^target sqlite:/m);
    expect(stdout).toMatch(/^bad values \(COORDINATE_INVALID\) +\S/m);
    expect(stdout).toMatch(/e\.g\. row 4 of .*source\.db/);
    expect(stdout).toMatch(/\nGO: \d warnings\n$/);
  });

  it("exits 7 where a line says no", async () => {
    const at = backfillCase(folder, nodeTable(30, { 3: { X: "no" } }));
    const { exitCode, stdout } = await inspect(at.source, "--max-errors", "0");
    expect(exitCode).toBe(7);
    expect(stdout).toMatch(/^NO-GO {4}rejected rows +1 row in all/m);
    expect(stdout).toMatch(/\nNO-GO: 1 against it, \d warnings\n$/);
  });

  it("gives all of it as JSON, and as a file", async () => {
    const at = backfillCase(folder, nodeTable(30));
    const out = join(at.folder, "plan.json");
    const to = ["--to", `sqlite:${at.target}`];
    const { exitCode, stdout, stderr } = await inspect(at.source, ...to, "--json", "--out", out);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ kind: "octoload-plan", version: 1, exitCode: 0 });
    expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(report);
  });

  it.each([
    ["no source", [], "missing required argument"],
    ["a file that is not there", ["/nowhere.gpkg"], "SOURCE_MISSING"],
    ["a target that is none", ["/nowhere.gpkg", "--to", "x"], "TARGET_URL"],
    ["regions without a cache", ["a.gpkg", "--hot-regions", "level>=1"], "--hot"],
    ["an order that is none", ["a.gpkg", "--order", "random"], "--order"],
  ])("refuses %s", async (_what, args, text) => {
    const { exitCode, stdout, stderr } = await inspect(...args);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toContain(text);
  });
});
