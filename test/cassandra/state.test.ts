import { errors } from "cassandra-driver";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { beginPrune, claimRun, requireCurrentRun } from "../../src/cassandra/run-claim.js";
import type { CassandraSession } from "../../src/cassandra/session.js";
import {
  giveUpT0,
  readDualWriteStatus,
  switchDualWriteOff,
  switchDualWriteOn,
} from "../../src/cassandra/t0.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";
import { createStateKeyspace, type StateKeyspace } from "./state-keyspace.js";

describeOnCassandra("the state of a target", (cassandra) => {
  let keyspace: StateKeyspace;
  let session: CassandraSession;

  beforeAll(async () => {
    keyspace = await createStateKeyspace(cassandra);
    session = keyspace.session;
  });

  afterAll(async () => {
    await keyspace?.drop();
  });

  beforeEach(async () => {
    await keyspace.clear();
  });

  const node = (runId: string) => ({ runId, layout: "node" as const });
  const nowUs = () => BigInt(Date.now()) * 1000n;

  describe("claiming a write timestamp", () => {
    it("takes the time, counts the run, and is the first into its table", async () => {
      const before = nowUs();
      const claim = await claimRun(session, node("a"));
      expect(claim).toMatchObject({ runId: "a", runNumber: 1n, isFirst: true, t0Us: null });
      expect(claim.writeTimeUs).toBeGreaterThanOrEqual(before);
      expect(claim.writeTimeUs).toBeLessThanOrEqual(nowUs());
    });

    it("gives a later run a later timestamp, and a resumed one its own", async () => {
      const first = await claimRun(session, node("a"));
      const second = await claimRun(session, node("b"));
      expect(second.writeTimeUs).toBeGreaterThanOrEqual(first.writeTimeUs + 1000n);
      expect(second).toMatchObject({ runNumber: 2n, isFirst: false });
      expect(await claimRun(session, node("a"))).toEqual(first);
      expect((await readDualWriteStatus(session)).runs).toBe(2n);
    });

    it("is after the last run, even where that one's clock was ahead", async () => {
      const ahead = { clock: () => nowUs() + 900_000n };
      const first = await claimRun(session, node("a"), ahead);
      const second = await claimRun(session, node("b"));
      expect(second.writeTimeUs).toBe(first.writeTimeUs + 1000n);
    });

    it("knows the first run of each table", async () => {
      expect((await claimRun(session, node("a"))).isFirst).toBe(true);
      expect((await claimRun(session, { runId: "b", layout: "tile" })).isFirst).toBe(true);
      expect((await claimRun(session, { runId: "c", layout: "tile" })).isFirst).toBe(false);
    });

    it("takes no run for the first into a table that holds rows of others", async () => {
      const insert = `INSERT INTO ${session.target.keyspace}.octree_nodes (morton_code, level) VALUES (1, 1)`;
      await session.client.execute(insert);
      expect((await claimRun(session, node("a"))).isFirst).toBe(false);
    });

    it("refuses a run's id that was begun for another table", async () => {
      await claimRun(session, node("a"));
      const error = await rejectionOf(claimRun(session, { runId: "a", layout: "tile" }));
      expect(error.code).toBe("RUN_OTHER");
    });

    it.each([
      ["an hour behind", -3_600_000_000n, "behind"],
      ["an hour ahead", 3_600_000_000n, "ahead of"],
    ])("refuses a clock that is %s, and changes nothing", async (_name, skewUs, word) => {
      const clock = () => nowUs() + skewUs;
      const error = await rejectionOf(claimRun(session, node("a"), { clock }));
      expect(error.code).toBe("CLOCK_SKEW");
      expect(error.fault).toMatch(new RegExp(`at least 3(599|600)\\.\\d{3} s ${word}`));
      expect(await rejectionOf(switchDualWriteOn(session, { clock }))).toHaveProperty(
        "code",
        "CLOCK_SKEW",
      );
      expect(await readDualWriteStatus(session)).toMatchObject({ runs: 0n, t0: null });
    });

    it("names a value that octoload did not write", async () => {
      await claimRun(session, node("a"));
      await session.client.execute(
        `UPDATE ${session.target.keyspace}.octoload_state SET value = 'soon' WHERE scope = 'write-times' AND key = 'last-run-us'`,
      );
      const error = await rejectionOf(claimRun(session, node("b")));
      expect(error.code).toBe("STATE_DAMAGED");
      expect(error.fault).toContain("last-run-us");
    });
  });

  describe("claims at the same time", () => {
    it("get timestamps of their own, in the order of their numbers, one of them the first", async () => {
      const sessions = await Promise.all(Array.from({ length: 4 }, () => keyspace.connect()));
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, i) => {
          return claimRun(sessions[i % 4] ?? session, node(`run-${i}`), {
            clock: () => nowUs() + BigInt((i % 3) - 1) * 400_000n,
          });
        }),
      );
      claims.sort((a, b) => Number(a.runNumber - b.runNumber));
      expect(claims.map(({ runNumber }) => runNumber)).toEqual(claims.map((_, i) => BigInt(i + 1)));
      for (const [i, { writeTimeUs }] of claims.entries()) {
        const before = claims[i - 1];
        if (before !== undefined) expect(writeTimeUs - before.writeTimeUs >= 1000n).toBe(true);
      }
      expect(claims.map(({ isFirst }) => isFirst)).toEqual(claims.map((_, i) => i === 0));
    });

    it("of one run are one claim", async () => {
      const other = await keyspace.connect();
      const claims = await Promise.all(
        [session, other, session, other].map((one) => claimRun(one, node("a"))),
      );
      for (const claim of claims) expect(claim).toEqual(claims[0]);
      expect((await readDualWriteStatus(session)).runs).toBe(1n);
    });

    it("and a T0 set among them keep their sides", async () => {
      const other = await keyspace.connect();
      const [, ...claims] = await Promise.all([
        switchDualWriteOn(other),
        ...Array.from({ length: 6 }, (_, i) => claimRun(session, node(`run-${i}`))),
      ]);
      const { t0 } = await readDualWriteStatus(session);
      const windowUs = (t0?.us ?? 0n) - 10_000_000n;
      const after = claims.filter(({ t0Us }) => t0Us !== null);
      expect(after.map(({ writeTimeUs }) => writeTimeUs).sort()).toEqual(
        after.map((_, i) => windowUs + BigInt(i + 1) * 1000n),
      );
      for (const { t0Us, writeTimeUs } of claims) {
        if (t0Us === null) expect(windowUs - writeTimeUs >= 2_000_000n).toBe(true);
      }
    });
  });

  /** A session whose batches get no answer: what they ask for is done, or not, as `isDone` says. */
  function losingAnswers(count: number, isDone: boolean): CassandraSession {
    let left = count;
    const client = new Proxy(session.client, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: Parameters<typeof target.batch>) => {
          if (left-- <= 0) return target.batch(...args);
          if (isDone) await target.batch(...args);
          throw new errors.OperationTimedOutError("no answer");
        };
      },
    });
    return { ...session, client };
  }

  describe("an answer that is lost", () => {
    it.each([true, false])("is asked for, and the claim made once; done: %s", async (isDone) => {
      const claim = await claimRun(losingAnswers(2, isDone), node("a"));
      expect(claim).toMatchObject({ runNumber: 1n, isFirst: true });
      expect(await claimRun(session, node("a"))).toEqual(claim);
      expect((await readDualWriteStatus(session)).runs).toBe(1n);
    });

    it.each([true, false])("does not give T0 up twice; done: %s", async (isDone) => {
      await switchDualWriteOn(session);
      await giveUpT0(losingAnswers(1, isDone));
      expect(await readDualWriteStatus(session)).toMatchObject({ t0: null, resets: 1n });
    });

    it("ends in a named error where none ever comes", async () => {
      const error = await rejectionOf(
        claimRun(losingAnswers(1e9, false), node("a"), { timeoutMs: 200 }),
      );
      expect(error.code).toBe("STATE_BUSY");
      expect(error.fault).toContain("write-times");
    });
  });

  describe("T0", () => {
    it("is 12 s after all that is known, and runs go into the 10 s before it", async () => {
      const { writeTimeUs } = await claimRun(session, node("a"), {
        clock: () => nowUs() + 900_000n,
      });
      await switchDualWriteOn(session);
      const { t0, isDualWriteOn } = await readDualWriteStatus(session);
      expect(isDualWriteOn).toBe(true);
      expect(t0).toEqual({ us: writeTimeUs + 12_000_000n, runs: 0n });
      const second = await claimRun(session, node("b"));
      expect(second.writeTimeUs).toBe(writeTimeUs + 2_001_000n);
      expect(second.t0Us).toBe(t0?.us);
      expect(await claimRun(session, node("a"))).toMatchObject({ writeTimeUs });
      expect((await claimRun(session, node("c"))).writeTimeUs).toBe(second.writeTimeUs + 1000n);
      expect(await readDualWriteStatus(session)).toMatchObject({ runs: 3n, runsLeft: 9_997n });
    });

    it("stays, whether dual write is switched off or on again", async () => {
      await switchDualWriteOn(session, { actor: "ann" });
      const { t0 } = await readDualWriteStatus(session);
      await switchDualWriteOff(session, { actor: "bob" });
      expect(await readDualWriteStatus(session)).toMatchObject({ t0, isDualWriteOn: false });
      await switchDualWriteOn(session, { actor: "eve" });
      const { changes, ...status } = await readDualWriteStatus(session);
      expect(status).toMatchObject({ t0, isDualWriteOn: true });
      const by = Object.fromEntries(changes.map(({ key, changedBy }) => [key, changedBy]));
      expect(by).toEqual({ "t0-us": "ann", "t0-runs": "ann", "dual-write": "eve" });
    });

    it("given up, is followed by runs and a T0 after all live writes", async () => {
      await claimRun(session, node("a"));
      await switchDualWriteOn(session);
      const liveUs = (await readDualWriteStatus(session)).t0?.us ?? 0n;
      await giveUpT0(session);
      const claim = await claimRun(session, node("b"));
      expect(claim).toMatchObject({ t0Us: null, isFirst: false });
      expect(claim.writeTimeUs).toBe(liveUs + 2_001_000n);
      await switchDualWriteOn(session);
      expect((await readDualWriteStatus(session)).t0?.us).toBe(claim.writeTimeUs + 12_000_000n);
    });

    it("given up before any run, leaves no run the first", async () => {
      await switchDualWriteOn(session);
      await giveUpT0(session);
      expect((await claimRun(session, node("a"))).isFirst).toBe(false);
    });

    it("refuses the run that would reach it", async () => {
      await switchDualWriteOn(session);
      await session.client.execute(
        `UPDATE ${session.target.keyspace}.octoload_state SET value = '9998' WHERE scope = 'write-times' AND key = 't0-runs'`,
      );
      const { t0Us, writeTimeUs } = await claimRun(session, node("last"));
      expect(writeTimeUs).toBe((t0Us ?? 0n) - 1000n);
      const error = await rejectionOf(claimRun(session, node("one more")));
      expect(error.code).toBe("WRITE_TIMES_USED_UP");
      expect(await readDualWriteStatus(session)).toMatchObject({ runs: 1n, runsLeft: 0n });
    });
  });

  describe("a prune", () => {
    it("ends the earlier runs into its table, and no others", async () => {
      await claimRun(session, node("a"));
      const other = { runId: "other", layout: "tile" as const };
      await claimRun(session, other);
      await claimRun(session, node("b"));
      await claimRun(session, node("c"));
      await switchDualWriteOn(session);
      await beginPrune(session, node("b"));
      await beginPrune(session, node("b"));
      for (const act of [claimRun, requireCurrentRun, beginPrune]) {
        expect((await rejectionOf(act(session, node("a")))).code).toBe("RUN_SUPERSEDED");
      }
      const { t0 } = await readDualWriteStatus(session);
      for (const run of [node("b"), node("c"), other]) {
        expect(await requireCurrentRun(session, run)).toMatchObject({
          runId: run.runId,
          t0Us: t0?.us,
        });
      }
    });

    it("is no run's that was not claimed", async () => {
      expect((await rejectionOf(beginPrune(session, node("x")))).code).toBe("RUN_OTHER");
    });
  });
});
