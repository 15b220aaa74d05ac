import { describe, expect, it } from "vitest";
import { renderSummary } from "../../src/cli/progress-summary.js";
import { errorEntry } from "../../src/errors/codes.js";
import type { RunReport } from "../../src/load/run-report.js";
import { mapOf, someRejected } from "../support/report-samples.js";

const runDir = "octoload-runs/20260131-a1b2";

function render(changes: Partial<RunReport>, dir = runDir): string {
  return renderSummary({ ...someRejected, ...changes }, { runDir: dir });
}

function lastSteps(text: string): string[] {
  const steps = text.split("\n").filter((line) => line.startsWith("next"));
  return steps.map((line) => line.replace(/^next +/, ""));
}

describe("renderSummary", () => {
  it("tells what became of each row and what to do next", () => {
    expect(render({})).toBe(`run      20260131-a1b2: finished, some rows rejected (exit code 1)
source   earth, 100,012 rows
time     20.0 s, 5,000 rows/s, resumed once
orphans  3 rows without a parent, loaded
warning  SLOW_DISK: the disk is slow

target                  rows   loaded  rejected  skipped
sqlite:earth.octree  100,012  100,000        12        0

rejected          rows  what to do
OUT_OF_FRAME        10  ${errorEntry("OUT_OF_FRAME").remedy}
CODE_OF_TOMORROW     2

report  octoload-runs/20260131-a1b2/report.html
next    octoload redrive --run-dir octoload-runs/20260131-a1b2
next    octoload get --to sqlite:earth.octree -5000000 -5000000 0 --level 5 --nearest
`);
  });

  it("counts what was pruned, only where a run prunes", () => {
    const [sink] = someRejected.sinks;
    if (sink === undefined) throw new Error("the sample has a sink");
    const text = render({ sinks: [{ ...sink, pruned: 1370, live: 2 }] });
    expect(text).toContain(`target                  rows   loaded  rejected  skipped  pruned  live
sqlite:earth.octree  100,012  100,000        12        0   1,370     2
`);
  });

  it("is short where nothing went wrong", () => {
    const text = render({
      outcome: "done",
      exitCode: 0,
      resumes: 0,
      orphans: 0,
      rejectedByCode: [],
      warnings: [],
    });
    expect(text).not.toMatch(/rejected {2,}rows|orphans|warning|resumed/);
    expect(lastSteps(text)).toHaveLength(1);
  });

  it("says how to go on with a run that did not end", () => {
    for (const outcome of ["interrupted", "failed", "max-errors"] as const) {
      expect(lastSteps(render({ outcome }))).toEqual([
        "octoload backfill --run-dir octoload-runs/20260131-a1b2",
      ]);
    }
  });

  it("quotes what a shell would take apart, and obeys no escapes", () => {
    const text = render({ outcome: "failed" }, "runs/it's a\u001b[31m run");
    expect(lastSteps(text)).toEqual(["octoload backfill --run-dir 'runs/it'\\''s a [31m run'"]);
    expect(text).not.toContain("\u001b");
  });

  it("suggests nothing to look at where nothing was loaded", () => {
    const empty = { outcome: "done", rejectedByCode: [], total: 0, elapsedMs: 0 } as const;
    expect(lastSteps(render({ ...empty, map: mapOf(2, 1, [255, 255], []) }))).toEqual([]);
    expect(lastSteps(render({ ...empty, sinks: [] }))).toEqual([]);
    expect(lastSteps(render({ outcome: "dry-run" }))).toEqual([]);
  });
});
