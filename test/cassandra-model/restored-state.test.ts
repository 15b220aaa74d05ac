import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  entriesOf,
  restoredTimes,
  stateKeysOf,
  stateWrites,
} from "../../src/cassandra/restored-state.js";
import { decodeWriteTimes, WRITE_TIMES_SCOPE, writesBetween } from "../../src/cassandra/state.js";
import type { StateRow } from "../../src/cassandra/state-copy.js";
import {
  claimWriteTime,
  dualWriteOff,
  dualWriteOn,
  noTableRuns,
  noWriteTimes,
  resetT0,
  type WriteTimes,
} from "../../src/cassandra/write-time.js";
import { runs } from "../support/seed.js";

const table = "octree_nodes";
const SECOND = 1_000_000n;

type Step = "run" | "on" | "off" | "reset";
const anySteps = fc.array(fc.constantFrom<Step>("run", "run", "on", "off", "reset"), {
  maxLength: 12,
});

/** What a target's history comes to; a step every 20 s. */
function historyOf(steps: readonly Step[], from: WriteTimes = noWriteTimes, startUs = SECOND) {
  let times = from;
  let lastRowUs: bigint | null = null;
  for (const [i, step] of steps.entries()) {
    const nowUs = startUs + BigInt(i) * 20n * SECOND;
    if (step === "on") times = dualWriteOn(times, nowUs);
    else if (step === "off") times = dualWriteOff(times);
    else if (step === "reset") times = resetT0(times, nowUs);
    else {
      const claimed = claimWriteTime(times, { nowUs, table: noTableRuns, isTableEmpty: false });
      times = claimed.times;
      lastRowUs = claimed.claim.writeTimeUs;
    }
  }
  return { times, lastRowUs };
}

function rowsOf(entries: Readonly<Record<string, string | null>>): StateRow[] {
  return Object.entries(entries).flatMap(([key, value]) => {
    if (value === null) return [];
    return [{ scope: WRITE_TIMES_SCOPE, key, value, changedAtMs: "5", changedBy: "test" }];
  });
}

const stateOf = (times: WriteTimes) => rowsOf(writesBetween(noWriteTimes, times));

describe("the write times after a restore", () => {
  it("give no number twice, and a later run replaces every restored row", () => {
    fc.assert(
      fc.property(anySteps, anySteps, (before, later) => {
        const { times: then, lastRowUs } = historyOf(before);
        const laterUs = 1000n * SECOND;
        const now = dualWriteOff(historyOf(later, then, laterUs).times);
        const restored = restoredTimes(now, dualWriteOff(then), lastRowUs);
        expect(restored.runs).toBe(now.runs);
        expect(restored.resets).toBe(now.resets);
        expect(restored.isDualWriteOn).toBe(false);
        const facts = { nowUs: 2000n * SECOND, table: noTableRuns, isTableEmpty: false };
        const { claim } = claimWriteTime(restored, facts);
        // Of the same T0: after each of its runs. Without: after all there is.
        if (lastRowUs !== null) expect(claim.writeTimeUs).toBeGreaterThan(lastRowUs);
        // What was live when the backup was made goes on to win.
        if (then.t0 !== null) expect(claim.writeTimeUs).toBeLessThan(then.t0.us);
      }),
      runs(500),
    );
  });

  it("are the backup's in a cluster that never knew the target", () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const then = dualWriteOff(historyOf(steps).times);
        const restored = restoredTimes(noWriteTimes, then, null);
        expect(restored).toEqual(then);
      }),
      runs(100),
    );
  });

  it("keep off later runs where rows were written live after the last of them", () => {
    const { times } = historyOf(["run"]);
    const restored = restoredTimes(times, times, 90n * SECOND);
    const facts = { nowUs: 50n * SECOND, table: noTableRuns, isTableEmpty: false };
    expect(claimWriteTime(restored, facts).claim.writeTimeUs).toBeGreaterThan(90n * SECOND);
  });
});

describe("the state after a restore", () => {
  const record = (n: number) => JSON.stringify({ runNumber: String(n) });
  const written = (now: readonly StateRow[], backup: readonly StateRow[]) => {
    const writes = stateWrites(entriesOf(now), backup, { table, lastWriteTimeUs: null });
    for (const key of Object.keys(writes)) {
      if (!/^(runs|last-run-us|t0|dual|highest)/.test(key)) {
        expect(stateKeysOf(backup, table)).toContain(key);
      }
    }
    return { ...Object.fromEntries(now.map(({ key, value }) => [key, value])), ...writes };
  };

  it("names the backup's last run, and keeps every run's record", () => {
    const one = { "run/a": record(1), "first-run/octree_nodes": "a", "last-run/octree_nodes": "a" };
    const two = { ...one, "run/b": record(2), "last-run/octree_nodes": "b" };
    const times = stateOf(historyOf(["run", "run"]).times);
    const result = written([...times, ...rowsOf(two)], [...times, ...rowsOf(one)]);
    expect(result).toMatchObject({ ...one, "run/b": record(2) });
    const fresh = written([], [...times, ...rowsOf(one)]);
    expect(fresh).toMatchObject(one);
  });

  it("keeps the latest prune, which ends earlier runs", () => {
    const prune = (by: string) => rowsOf({ "pruned-by/octree_nodes": by });
    expect(written(prune("7"), prune("3"))["pruned-by/octree_nodes"]).toBe("7");
    expect(written(prune("3"), prune("7"))["pruned-by/octree_nodes"]).toBe("7");
    expect(written([], prune("7"))["pruned-by/octree_nodes"]).toBe("7");
  });

  it("can be read as write times again", () => {
    fc.assert(
      fc.property(anySteps, anySteps, (before, later) => {
        const then = dualWriteOff(historyOf(before).times);
        const now = dualWriteOff(historyOf(later, then, 1000n * SECOND).times);
        const result = written(stateOf(now), stateOf(then));
        expect(decodeWriteTimes(entriesOf(rowsOf(result)))).toEqual(restoredTimes(now, then, null));
      }),
      runs(100),
    );
  });
});
