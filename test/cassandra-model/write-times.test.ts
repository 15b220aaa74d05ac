import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as product from "../../src/cassandra/write-time.js";
import { runs } from "../support/seed.js";
import { type Command, traces } from "./commands.js";
import { type MergedRow, merge, nothing, rowOf, visible } from "./merge-rule.js";
import { expectedRows, type Rules, type Sent, Simulation } from "./simulation.js";

function simulate(commands: readonly Command[], rules?: Rules): Simulation {
  const simulation = new Simulation(rules);
  for (const command of commands) simulation.do(command);
  return simulation;
}

/** Whether each key holds what the highest-ranking write to it meant, and prunes left no strays. */
function isRight({
  sent,
  lastPrune,
  ...simulation
}: Pick<Simulation, "sent" | "lastPrune" | "table">) {
  const expected = expectedRows(sent);
  for (const [key, row] of simulation.table) {
    if (!isSame(visible(row), expected.get(key) ?? null)) return false;
  }
  if (lastPrune === null) return true;
  return [...simulation.table].every(([key, row]) => {
    const isStray = !lastPrune.keys.has(key) && !hasLater(sent, key, lastPrune.runNumber);
    return !isStray || visible(row) === null;
  });
}

/** A live write, or a write of a later run. */
function hasLater(sent: readonly Sent[], key: number, runNumber: bigint): boolean {
  return sent.some((one) => {
    const [, isLive, number] = one.rank;
    return one.key === key && (isLive === 1 || number > runNumber);
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

describe("runs, live writes, prunes and T0 in any interleaving", () => {
  it.each([
    ["clocks of live writers an hour off", { withResets: false }],
    ["T0 given up and set again", { withResets: true }],
  ])("end with the row that ranks highest: %s", (_name, options) => {
    fc.assert(
      fc.property(traces(options), (commands) => {
        expect(isRight(simulate(commands))).toBe(true);
      }),
      runs(3000),
    );
  });

  it("end the same in whatever order the writes arrive, and twice", () => {
    const cases = traces({ withResets: true }).chain((commands) => {
      const { sent } = simulate(commands);
      const order = fc.shuffledSubarray([...sent, ...sent], {
        minLength: sent.length * 2,
      });
      return fc.tuple(fc.constant(commands), order);
    });
    fc.assert(
      fc.property(cases, ([commands, order]) => {
        const table = new Map<number, MergedRow>();
        for (const { key, mutation } of order) {
          table.set(key, merge(table.get(key) ?? nothing, rowOf(mutation)));
        }
        const byKey = (rows: Iterable<[number, MergedRow]>) => {
          return [...rows].sort(([a], [b]) => a - b).map(([key, row]) => [key, visible(row)]);
        };
        expect(byKey(table)).toEqual(byKey(simulate(commands).table));
      }),
      runs(500),
    );
  });

  it("cover what they are meant to: refusals, prunes, live writes over runs", () => {
    const samples = fc.sample(traces({ withResets: true }), { ...runs(500) });
    const ends = samples.map((commands) => simulate(commands));
    expect(ends.filter(({ refusals }) => refusals > 0).length).toBeGreaterThan(50);
    expect(ends.filter(({ lastPrune }) => lastPrune !== null).length).toBeGreaterThan(50);
    const beaten = ends.filter(({ sent }) => {
      return sent.some(
        ({ rank }, i) => rank[1] === 1 && sent.slice(i).some((b) => b.rank[1] === 0),
      );
    });
    expect(beaten.length).toBeGreaterThan(50);
  });
});

/** What a rule would be without the part that the name speaks of. */
const wrongRules: readonly (readonly [string, Partial<Rules>])[] = [
  ["a live write at its own clock", { liveWriteTime: ({ nowUs }) => nowUs }],
  [
    "a live write that forgets the row's last one",
    { liveWriteTime: (facts) => product.liveWriteTime({ ...facts, rowLastUs: null }) },
  ],
  [
    "a second dual-write on that takes a new T0",
    { dualWriteOn: (times, nowUs) => product.dualWriteOn({ ...times, t0: null }, nowUs) },
  ],
  [
    "dual-write off that clears T0",
    { dualWriteOff: (times) => ({ ...times, isDualWriteOn: false, t0: null }) },
  ],
  [
    "a reset that forgets how late live writes may be",
    { resetT0: (times) => ({ ...times, t0: null, resets: times.resets + 1n }) },
  ],
  [
    "a NULL left unset by every run",
    {
      claimWriteTime: (times, facts) => {
        const next = product.claimWriteTime(times, facts);
        return { ...next, claim: { ...next.claim, isFirst: true } };
      },
    },
  ],
  [
    "a first run that does not look whether the table is empty",
    {
      claimWriteTime: (times, facts) => {
        return product.claimWriteTime(times, { ...facts, isTableEmpty: true });
      },
    },
  ],
  [
    "a run at its own clock, whatever the last run's was",
    {
      claimWriteTime: (times, facts) => {
        return product.claimWriteTime({ ...times, lastRunUs: null }, facts);
      },
    },
  ],
  [
    "a run that ignores T0",
    {
      claimWriteTime: (times, facts) => {
        const next = product.claimWriteTime({ ...times, t0: null }, facts);
        return { ...next, times: { ...next.times, t0: times.t0 } };
      },
    },
  ],
  ["a run that goes on after a later one's prune", { requireNotPruned: () => undefined }],
];

describe("the model notices", () => {
  it.each(wrongRules)("%s", (_name, wrong) => {
    const rules: Rules = { ...product, ...wrong };
    const found = fc.check(
      fc.property(traces({ withResets: true }), (commands) => isRight(simulate(commands, rules))),
      { ...runs(3000), endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });
});
