import { describe, expect, it } from "vitest";
import { recordedTarget } from "../../../src/sink/sqlite/recorded.js";
import { loadTarget, targetPaths, urlOf } from "../../support/loaded-target.js";

const { newPath } = targetPaths();

const lastRun = (path: string) => recordedTarget(urlOf(path)).lastRun;

describe("the last run of a target", () => {
  it("is none before the first", () => {
    expect(lastRun(newPath())).toBeUndefined();
  });

  it("is of the load that a run completes", () => {
    const path = newPath();
    const load = (runId: string, writeTimeUs: bigint, baseRunId?: string) =>
      loadTarget(path, [], "node", {
        runId,
        writeTimeUs,
        ...(baseRunId === undefined ? {} : { baseRunId }),
      });
    load("a", 1000n);
    expect(lastRun(path)).toEqual({ runId: "a", baseRunId: "a", writeTimeUs: 1000n });
    load("a2", 2000n, "a");
    expect(lastRun(path)).toEqual({ runId: "a2", baseRunId: "a", writeTimeUs: 2000n });
    load("b", 3000n);
    expect(lastRun(path)).toEqual({ runId: "b", baseRunId: "b", writeTimeUs: 3000n });
    // A resumed run does not make its rows the newest again.
    load("a2", 2000n, "a");
    expect(lastRun(path)).toEqual({ runId: "a2", baseRunId: "b", writeTimeUs: 3000n });
  });
});
