import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requireClockWithin } from "../../src/cassandra/clock.js";
import {
  claimWriteTime,
  dualWriteOff,
  dualWriteOn,
  liveWriteTime,
  noTableRuns,
  noWriteTimes,
  pruneTable,
  requireNotPruned,
  resetT0,
  type WriteTimes,
} from "../../src/cassandra/write-time.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";
import { type MergedRow, merge, nothing, rowOf, visible } from "./merge-rule.js";

const SECOND = 1_000_000n;
const now = 1_700_000_000n * SECOND;

function claim(times: WriteTimes, nowUs: bigint) {
  return claimWriteTime(times, { nowUs, table: noTableRuns, isTableEmpty: true });
}

describe("a run's timestamp", () => {
  it("is now, or a millisecond after the last run's", () => {
    const first = claim(noWriteTimes, now);
    expect(first.claim).toEqual({ runNumber: 1n, writeTimeUs: now, isFirst: true });
    expect(claim(first.times, now + 1_500n).claim.writeTimeUs).toBe(now + 1_500n);
    expect(claim(first.times, now + 999n).claim.writeTimeUs).toBe(now + 1_000n);
    expect(claim(first.times, now - SECOND).claim.writeTimeUs).toBe(now + 1_000n);
  });

  it("is a millisecond a run from T0 - 10 s on, whatever the clock says", () => {
    const times = dualWriteOn(noWriteTimes, now);
    const first = claim(times, now + 1_000n * SECOND);
    const second = claim(first.times, now - SECOND);
    expect(first.claim.writeTimeUs).toBe(now + 2n * SECOND + 1_000n);
    expect(second.claim.writeTimeUs).toBe(now + 2n * SECOND + 2_000n);
  });

  it("never reaches T0: the 10,000th run is refused", () => {
    let times = dualWriteOn(noWriteTimes, now);
    let lastUs = 0n;
    for (let i = 0; i < 9_999; i++) {
      const next = claim(times, now);
      times = next.times;
      lastUs = next.claim.writeTimeUs;
    }
    expect(lastUs).toBe(now + 12n * SECOND - 1_000n);
    expect(refusalOf(() => claim(times, now)).code).toBe("WRITE_TIMES_USED_UP");
  });

  it.each([
    ["a run was there before", noWriteTimes, { hasRun: true, prunedBy: null }, true],
    ["the table holds rows", noWriteTimes, noTableRuns, false],
    ["T0 was given up", resetT0(dualWriteOn(noWriteTimes, now), now), noTableRuns, true],
  ])("is no first run's where %s", (_name, times, table, isTableEmpty) => {
    const { claim: got } = claimWriteTime(times, { nowUs: now, table, isTableEmpty });
    expect(got.isFirst).toBe(false);
  });
});

describe("T0", () => {
  it("is 12 s after the latest of now, the last run and the live writes", () => {
    const times = { ...noWriteTimes, runs: 1n, lastRunUs: now };
    expect(dualWriteOn(times, now + 5n).t0?.us).toBe(now + 5n + 12n * SECOND);
    expect(dualWriteOn(times, now - 5n).t0?.us).toBe(now + 12n * SECOND);
    const live = { ...times, highestLiveUs: now + 7n };
    expect(dualWriteOn(live, now).t0?.us).toBe(now + 7n + 12n * SECOND);
  });

  it("stays when dual write is switched off or on again", () => {
    const on = dualWriteOn(noWriteTimes, now);
    const off = dualWriteOff(on);
    expect(off).toEqual({ ...on, isDualWriteOn: false });
    expect(dualWriteOn(off, now + 60n * SECOND)).toEqual(on);
  });

  it("given up, leaves a bound of the live writes behind, which the next run is after", () => {
    const on = dualWriteOn(noWriteTimes, now);
    const early = resetT0(on, now);
    expect(early).toMatchObject({ t0: null, isDualWriteOn: false, resets: 1n });
    expect(early.highestLiveUs).toBe(now + 14n * SECOND);
    expect(claim(early, now).claim.writeTimeUs).toBe(now + 14n * SECOND + 1_000n);
    const late = resetT0(on, now + 60n * SECOND);
    expect(late.highestLiveUs).toBe(now + 62n * SECOND);
  });
});

describe("a live write's timestamp", () => {
  it("is the latest of the clock, T0 and just after the row's last", () => {
    expect(liveWriteTime({ nowUs: 5n, t0Us: 9n, rowLastUs: null })).toBe(9n);
    expect(liveWriteTime({ nowUs: 12n, t0Us: 9n, rowLastUs: 11n })).toBe(12n);
    expect(liveWriteTime({ nowUs: 12n, t0Us: 9n, rowLastUs: 12n })).toBe(13n);
  });

  const write = (timeUs: bigint, material_id: number, children_mask: number): MergedRow => {
    return rowOf({ kind: "insert", timeUs, values: { material_id, children_mask } });
  };

  it("shared by two writers who do not know of each other, mixes their rows", () => {
    const t0Us = now + 12n * SECOND;
    const mine = liveWriteTime({ nowUs: now, t0Us, rowLastUs: null });
    const theirs = liveWriteTime({ nowUs: now + 3n * SECOND, t0Us, rowLastUs: null });
    const row = visible(merge(write(mine, 1, 9), write(theirs, 2, 8)));
    expect(row).toEqual({ material_id: 2, children_mask: 9 });
  });

  it("and a delete before it that it does not know of, lose the row", () => {
    const t0Us = now + 12n * SECOND;
    const deletion = rowOf({ kind: "delete", timeUs: t0Us });
    const blind = liveWriteTime({ nowUs: now, t0Us, rowLastUs: null });
    expect(visible(merge(deletion, write(blind, 1, 1)))).toBeNull();
    const knowing = liveWriteTime({ nowUs: now, t0Us, rowLastUs: t0Us });
    expect(visible(merge(deletion, write(knowing, 1, 1)))).not.toBeNull();
  });

  it("keeps runs out, even of writers who do not know of each other", () => {
    const t0Us = dualWriteOn(noWriteTimes, now).t0?.us ?? 0n;
    const clock = fc.bigInt(now - 3_600n * SECOND, now + 3_600n * SECOND);
    const n = fc.bigInt(1n, 9_999n);
    fc.assert(
      fc.property(fc.array(clock, { minLength: 1 }), n, (clocks, runsOfT0) => {
        const loaded = write(t0Us - 10n * SECOND + runsOfT0 * 1_000n, -7, -7);
        const live = clocks.map((nowUs) => {
          return write(liveWriteTime({ nowUs, t0Us, rowLastUs: null }), 1, 1);
        });
        const row = [...live, loaded].reduce(merge, nothing);
        expect(visible(row)).toEqual({ material_id: 1, children_mask: 1 });
      }),
      runs(200),
    );
  });
});

describe("a row that is left without a NULL", () => {
  it("shows what an older run wrote there, which is why only a first run may do it", () => {
    const old = rowOf({ kind: "insert", timeUs: 1n, values: { material_id: 4, children_mask: 1 } });
    const unset = rowOf({ kind: "insert", timeUs: 2n, values: { children_mask: 2 } });
    const written = rowOf({
      kind: "insert",
      timeUs: 2n,
      values: { material_id: null, children_mask: 2 },
    });
    expect(visible(merge(old, unset))).toEqual({ material_id: 4, children_mask: 2 });
    expect(visible(merge(old, written))).toEqual({ material_id: null, children_mask: 2 });
  });
});

describe("a prune", () => {
  it("ends earlier runs, and is refused after a later one", () => {
    const pruned = pruneTable(noTableRuns, 3n);
    expect(refusalOf(() => requireNotPruned(pruned, 2n)).code).toBe("RUN_SUPERSEDED");
    expect(refusalOf(() => pruneTable(pruned, 2n)).code).toBe("RUN_SUPERSEDED");
    requireNotPruned(pruned, 3n);
    requireNotPruned(pruned, 4n);
  });
});

describe("a clock", () => {
  const sample = (beforeMs: number, roundTripMs: number) => {
    const sentUs = now + BigInt(beforeMs) * 1_000n;
    return { sentUs, receivedUs: sentUs + BigInt(roundTripMs) * 1_000n, serverUs: now };
  };

  it.each([
    [0, 0],
    [999, 0],
    [-999, 0],
    [-500, 1_000],
  ])("may be within a second: sent %d ms after the server's time, %d ms on the way", (at, way) => {
    requireClockWithin(sample(at, way));
  });

  it.each([
    [1_002, 0, "at least 1.001 s ahead of"],
    [-1_001, 0, "at least 1.001 s behind"],
    [-3_600_000, 20, "at least 3599.980 s behind"],
    [-500, 1_600, "can't be shown"],
    [-1_500, 3_000, "answer after 3.000 s"],
  ])("is refused: sent %d ms after the server's time, %d ms on the way", (at, way, fault) => {
    const error = refusalOf(() => requireClockWithin(sample(at, way)));
    expect(error.code).toBe("CLOCK_SKEW");
    expect(error.fault).toContain(fault);
  });
});
