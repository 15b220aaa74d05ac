import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/load/progress.js";
import { backfillCase, load } from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { someRejected } from "../support/report-samples.js";
import { nodeTable, readJson } from "../support/run-samples.js";
import { tempFolder } from "../support/temp-folder.js";
import { validateCase } from "../support/validation-case.js";

const schema = JSON.parse(
  readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8"),
) as { readonly required: readonly string[] } & Record<string, unknown>;
const folder = tempFolder();

describe("docs/report.schema.json", () => {
  let faultsOf: (report: unknown) => string[] = () => [];

  beforeAll(() => {
    const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
      schema,
    );
    faultsOf = (report) => {
      validate(report);
      return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
    };
  });

  const reportIn = (runDir: string) => readJson(runDir, "report.json");

  it("holds for runs however they end", async () => {
    const at = backfillCase(folder, nodeTable(300, { 7: { X: null }, 9: { Created: "soon" } }));
    const place = (name: string) => ({
      ...at,
      target: `${at.target}-${name}`,
      runDir: `${at.runDir}-${name}`,
    });
    const rejected = place("rejected");
    const to = [`sqlite:${rejected.target}`, `sqlite:${rejected.target}-2?layout=tile`];
    await load(rejected, { to, levels: { min: 3, max: 20 }, coerceText: true, maxErrors: 5 });
    const clean = backfillCase(folder, nodeTable(50));
    const pruned = { ...clean, runDir: place("pruned").runDir };
    await load({ ...pruned, runDir: `${pruned.runDir}-0` });
    await load(pruned, { prune: true });
    const ofChanges = { ...clean, runDir: place("changed").runDir };
    await load(ofChanges, { changedOnly: true });
    const runsDir = dirname(ofChanges.runDir);
    await validateCase(ofChanges, { runsDir, repair: true });
    // The row without a key may be one that the target has.
    await rejectionOf(load(place("failed"), { prune: true, maxErrors: 5 }));
    await load(place("bare"), { digests: false, dryRun: true, maxErrors: 5 });
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "load") stop.abort();
    };
    await load(place("interrupted"), { maxErrors: 5 }, { signal: stop.signal, onProgress });
    const failing = load(place("max-errors"), { maxErrors: 0 });
    await failing.catch(() => undefined);
    const outcomes: Record<string, unknown> = {};
    for (const name of [
      "rejected",
      "pruned",
      "bare",
      "interrupted",
      "max-errors",
      "failed",
      "changed",
    ]) {
      const report = reportIn(place(name).runDir);
      expect(faultsOf(report)).toEqual([]);
      outcomes[name] = report.outcome;
    }
    expect(outcomes).toEqual({
      ...{ rejected: "rejected", pruned: "done", changed: "done", bare: "dry-run" },
      ...{ interrupted: "interrupted", "max-errors": "max-errors", failed: "failed" },
    });
    expect(reportIn(place("changed").runDir)).toMatchObject({
      sinks: [{ changedOnly: { changedRanges: 0 } }],
      validations: [{ exitCode: 0 }],
    });
    expect(reportIn(place("failed").runDir).error).toMatchObject({ code: "PRUNE_KEYLESS" });
  });

  it("holds for the sample that the page is drawn from, and refuses what is not so", () => {
    expect(faultsOf(someRejected)).toEqual([]);
    const values = [{ name: "rows", unit: "rows", predicted: 5, measured: null }];
    const plan = { madeAt: someRejected.startedAt, isSameSource: true, values };
    expect(faultsOf({ ...someRejected, plan })).toEqual([]);
    expect(faultsOf({ ...someRejected, plan: { ...plan, values: [{}] } })).toHaveLength(4);
    for (const key of schema.required) {
      const { [key as keyof typeof someRejected]: _, ...rest } = someRejected;
      expect(faultsOf(rest)).toHaveLength(1);
    }
    const [sink] = someRejected.sinks;
    const digests = { root: "0".repeat(63), rows: 1, rangeLevel: 4, ranges: 1, file: "x" };
    for (const wrong of [
      { other: 1 },
      { total: -1 },
      { total: 1.5 },
      { outcome: "fine" },
      { startedAt: "yesterday" },
      { sinks: [{ ...sink, layout: "row" }] },
      { levels: [{ level: 27, rows: 1 }] },
    ]) {
      expect(faultsOf({ ...someRejected, ...wrong })).toHaveLength(1);
    }
    expect(faultsOf({ ...someRejected, sinks: [{ ...sink, digests }] })).toHaveLength(2);
  });
});

it("docs/report.schema.json is where the report's page says it is", () => {
  expect(readFileSync(join("docs", "loading.md"), "utf8")).toContain("(report.schema.json)");
});
