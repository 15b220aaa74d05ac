import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { judge } from "../../src/validate/baseline/baseline-check.js";
import { LatencyHistogram } from "../../src/validate/baseline/latency-histogram.js";
import { CheckDraft } from "../../src/validate/checks/check-draft.js";
import { exitCodeOfChecks } from "../../src/validate/checks/run-checks.js";
import { runCli } from "../cli/run-cli.js";
import { checkCase, loadedTree, onlyCheck, treePaths } from "../support/check-case.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const ROWS = treePaths.length;

describe("a histogram of latencies", () => {
  it("gives the average, nearest ranks and buckets that each have their upper bound", () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 100; ms += 1) histogram.add(ms);
    histogram.addError();
    const { histogram: buckets, ...summary } = histogram.summary();
    expect(summary).toEqual({
      ...{ queries: 101, errors: 1, avgMs: 50.5, p50Ms: 50, p95Ms: 95, p99Ms: 99, maxMs: 100 },
    });
    const filled = buckets.filter(({ queries }) => queries > 0);
    expect(filled.map(({ upToMs, queries }) => [upToMs, queries])).toEqual([
      [1, 1],
      [2, 1],
      [5, 3],
      [10, 5],
      [25, 15],
      [50, 25],
      [100, 50],
    ]);
  });

  it("keeps what is beyond the last bound, and is empty without queries", () => {
    const histogram = new LatencyHistogram();
    expect(histogram.summary()).toMatchObject({ queries: 0, avgMs: 0, p95Ms: 0, maxMs: 0 });
    histogram.add(5000);
    expect(histogram.summary().histogram.at(-1)).toEqual({ upToMs: null, queries: 1 });
  });
});

describe("the bars of a baseline", () => {
  const judged = (latencies: readonly number[], errors: number) => {
    const histogram = new LatencyHistogram();
    for (const ms of latencies) histogram.add(ms);
    for (let i = 0; i < errors; i += 1) histogram.addError();
    const draft = new CheckDraft("baseline");
    judge(histogram.summary(), draft);
    return draft.result();
  };
  const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

  it.each([
    ["all is fast", times(1000, 9.9), 0, 0],
    ["the average is at the bar", times(1000, 10), 0, 1],
    ["6 % are slow, and the average is not", [...times(940, 1), ...times(60, 26)], 0, 1],
    ["4 % are slow", [...times(960, 1), ...times(40, 26)], 0, 0],
    ["9 of 1000 fail", times(991, 1), 9, 0],
    ["10 of 1000 fail", times(990, 1), 10, 1],
  ])("%s", (_name, latencies, errors, missed) => {
    const result = judged(latencies, errors);
    expect([result.status, result.notes.length]).toEqual([
      missed > 0 ? "failed" : "passed",
      missed,
    ]);
    expect(exitCodeOfChecks([result], [])).toBe(missed > 0 ? 7 : 0);
  });

  it("weigh less than a difference, and less than what was not checked", () => {
    const slow = judged([50], 0);
    const wrong = { ...slow, check: "sample" };
    const open = { ...slow, check: "cache", status: "unchecked" as const };
    expect(exitCodeOfChecks([slow, open], [])).toBe(8);
    expect(exitCodeOfChecks([slow, open, wrong], [])).toBe(6);
  });
});

describe("a baseline", () => {
  it("asks target and source for the same rows, and says how SQLite finds them", async () => {
    const made = await loadedTree(folder, "node");
    const scanned = onlyCheck(await checkCase(made, { checks: ["baseline"] }));
    expect(scanned.checked).toBe(ROWS);
    expect(scanned.latency?.target).toMatchObject({ queries: ROWS, errors: 0 });
    expect(scanned.latency?.source.map(({ latency }) => [latency.queries, latency.errors])).toEqual(
      [
        [ROWS, 0],
        [ROWS, 0],
      ],
    );
    expect(scanned.latency?.source[0]?.plan).toMatch(/^SCAN/);
    const database = new Database(made.source);
    database.exec("CREATE INDEX by_place ON nodes(Level, X, Y, Z)");
    database.close();
    const found = onlyCheck(await checkCase(made, { checks: ["baseline"] }));
    expect(found.latency?.source[0]?.plan).toMatch(/^SEARCH .* USING INDEX by_place/);
  });

  it("is printed with its histogram", async () => {
    const made = await loadedTree(folder, "tile");
    const { stdout } = await runCli([
      ...["validate", made.source, "--to", `sqlite:${made.target}`, "--runs-dir", made.folder],
      ...[
        "--checks",
        "baseline,sample",
        "--memory",
        "112M",
        "--validation-dir",
        `${made.folder}/v`,
      ],
    ]);
    expect(stdout).toMatch(/ {2}sample +passed +585 /);
    expect(stdout).toMatch(/ {2}target +585 +0 /);
    expect(stdout).toMatch(/ {2}source, by X, Y, Z and Level +585 +0 .* times the target's; SCAN/);
    expect(stdout).toMatch(/up to [\d.]+ ms +\d+ +#+/);
  });
});
