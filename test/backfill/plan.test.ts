import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { comparePredictions } from "../../src/load/compare-predictions.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { Prediction } from "../../src/load/predictions.js";
import { runCli } from "../cli/run-cli.js";
import { backfillCase, load } from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { nodeTable, readJson } from "../support/run-samples.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const memory = String(MIN_MEMORY_BYTES);

describe("a load that begins with a plan", () => {
  it("compares each prediction with what it measured, in report.json and report.html", async () => {
    const at = backfillCase(folder, nodeTable(900, { 3: { Level: 27n } }));
    const plan = join(at.folder, "plan.json");
    const to = `sqlite:${at.target}`;
    const args = ["--memory", memory, "--to", to, "--probe", "--out", plan];
    const inspected = await runCli(["inspect", at.source, ...args]);
    expect(inspected.exitCode).toBe(0);
    const report = await load(at, { planFile: plan });
    expect(report.plan?.isSameSource).toBe(true);
    const value = (name: string) => report.plan?.values.find((one) => one.name === name);
    expect(value("rows")).toMatchObject({ predicted: 900, measured: 900, unit: "rows" });
    expect(value("rejected rows")).toMatchObject({ predicted: 1, measured: 1 });
    expect(value("loaded rows")).toMatchObject({ predicted: 899, measured: 899, target: to });
    for (const name of ["scan time", "derive time", "load time", "load speed", "target size"]) {
      expect([name, value(name)?.measured]).toEqual([name, expect.any(Number)]);
    }
    expect(value("spill")?.measured).toBeGreaterThan(0);
    expect(readJson(at.runDir, "report.json").plan).toEqual(report.plan);
    const page = readFileSync(join(at.runDir, "report.html"), "utf8");
    expect(page).toContain("<h2>Plan</h2>");
    expect(page).toContain("loaded rows");
  });

  it("says that the source has changed since", async () => {
    const at = backfillCase(folder, nodeTable(20));
    const plan = join(at.folder, "plan.json");
    await runCli(["inspect", at.source, "--memory", memory, "--out", plan]);
    const other = { ...at, source: backfillCase(folder, nodeTable(21)).source };
    const report = await load(other, { planFile: plan });
    expect(report.plan).toMatchObject({ isSameSource: false });
    expect(report.plan?.values[0]).toMatchObject({ name: "rows", predicted: 20, measured: 21 });
  });

  it("is refused with a file that is no plan, before anything is made", async () => {
    const at = backfillCase(folder, nodeTable(1));
    const contents = [
      "",
      "[]",
      '{"kind":"octoload-plan","version":2}',
      '{"kind":"octoload-plan","version":1,"predictions":{"values":[{}]}}',
    ];
    for (const [i, content] of contents.entries()) {
      const planFile = join(at.folder, `bad-${i}.json`);
      writeFileSync(planFile, content);
      expect((await rejectionOf(load(at, { planFile }))).code).toBe("PLAN_INVALID");
    }
    const missing = await rejectionOf(load(at, { planFile: join(at.folder, "none.json") }));
    expect(missing.code).toBe("PLAN_INVALID");
    expect((await load(at)).plan).toBeUndefined();
  });
});

describe("a comparison", () => {
  it("leaves out what the run does not know", () => {
    const target = "sqlite:/a";
    const values: Prediction[] = [
      { name: "load speed", unit: "rows/s", value: 10, target },
      { name: "load time", unit: "ms", value: 10 },
      { name: "loaded rows", unit: "rows", value: 10, target: "sqlite:/b" },
      { name: "cache memory", unit: "bytes", value: 10, target: "redis://h" },
      { name: "spill", unit: "bytes", value: 10 },
    ];
    const predictions = { sourceFingerprint: "f", madeAt: "2026-01-01T00:00:00Z", values };
    const sink = { url: target, layout: "node", loaded: 8, rejected: 0, skipped: 0 };
    const report = {
      ...{ total: 8, rejectedByCode: [], collisions: 0, orphans: 0, sinks: [sink], resumes: 0 },
      source: { name: "s", files: [], fingerprint: "f" },
    };
    const none = { phaseMs: new Map<string, number>(), spillBytes: null, targetBytes: new Map() };
    const measured = (phaseMs: ReadonlyMap<string, number>, sinks = [sink]) =>
      comparePredictions(predictions, { ...report, sinks }, { ...none, phaseMs }).values.map(
        (one) => one.measured,
      );
    expect(measured(new Map())).toEqual([null, null, null, null, null]);
    expect(measured(new Map([["load", 2000]]))).toEqual([4, 2000, null, null, null]);
    const resumed = comparePredictions(
      predictions,
      { ...report, resumes: 1 },
      { ...none, phaseMs: new Map([["load", 2000]]) },
    );
    expect(resumed.values.map((one) => one.measured)).toEqual([null, null, null, null, null]);
    const two = [sink, { ...sink, url: "sqlite:/b" }];
    expect(measured(new Map([["load", 2000]]), two)).toEqual([null, 2000, 8, null, null]);
  });
});
