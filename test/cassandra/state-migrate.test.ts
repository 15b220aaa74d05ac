import { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { claimRun } from "../../src/cassandra/run-claim.js";
import { addMigrateCommand } from "../../src/cli/migrate.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";
import { createStateKeyspace, type StateKeyspace } from "./state-keyspace.js";

describeOnCassandra("migrate dual-write on a server", (cassandra) => {
  let keyspace: StateKeyspace;

  beforeAll(async () => {
    keyspace = await createStateKeyspace(cassandra);
  });

  afterAll(async () => {
    await keyspace?.drop();
  });

  beforeEach(async () => {
    await keyspace.clear();
  });

  /** Runs `octoload migrate dual-write …` and returns what it prints; errors as the command throws them. */
  async function dualWrite(args: readonly string[], url = keyspace.url): Promise<string> {
    let stdout = "";
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    addMigrateCommand(program, {
      stdout: (text) => {
        stdout += text;
      },
      stderr: () => undefined,
      env: {},
    });
    await program.parseAsync(["migrate", "dual-write", ...args, "--to", url], { from: "user" });
    return stdout;
  }

  const json = async (...args: string[]) => JSON.parse(await dualWrite([...args, "--json"]));

  describe("migrate dual-write", () => {
    it("shows a target that nothing was done to", async () => {
      expect(await json("status")).toEqual({
        dualWrite: "off",
        t0Us: null,
        t0: null,
        runsSinceT0: null,
        runsLeft: null,
        runs: 0,
        lastRunUs: null,
        highestLiveUs: null,
        resets: 0,
        changes: [],
      });
      expect(await dualWrite(["status"])).toBe(
        "dual write  off\nT0          not set\nruns        0\n",
      );
    });

    it("sets T0 once, and off leaves it", async () => {
      const before = Date.now();
      const on = await json("on");
      expect(on).toMatchObject({ dualWrite: "on", runsSinceT0: 0, runsLeft: 9999 });
      expect(BigInt(on.t0Us)).toBeGreaterThanOrEqual(BigInt(before + 12_000) * 1000n);
      expect(Date.parse(on.t0)).toBe(Math.floor(Number(on.t0Us) / 1000));
      const off = await json("off");
      expect(off).toMatchObject({ dualWrite: "off", t0Us: on.t0Us });
      expect(await json("on")).toMatchObject({ dualWrite: "on", t0Us: on.t0Us });
    });

    it("shows who changed what and when, and the last run", async () => {
      await json("on");
      await claimRun(
        keyspace.session,
        { runId: "a", layout: "node" },
        { actor: "loader\u001b[2J" },
      );
      const { changes, runs, lastRunUs } = await json("status");
      expect(runs).toBe(1);
      expect(lastRunUs).toMatch(/^\d{16}$/);
      const by = new Map(changes.map(({ key, ...change }: { key: string }) => [key, change]));
      expect(by.get("runs")).toMatchObject({ value: "1", changedBy: "loader\u001b[2J" });
      expect(by.get("t0-us")).toMatchObject({
        changedAt: expect.stringMatching(/^20\d\d-.*Z$/),
        changedBy: expect.stringContaining(`process ${process.pid}`),
      });
      const text = await dualWrite(["status"]);
      expect(text).toMatch(/^runs since T0 +1, room for 9,998 more +set .*Z by loader/m);
      expect(text).not.toContain("\u001b");
    });

    it("gives T0 up only for a target that is said to be disposable", async () => {
      const { t0Us } = await json("on");
      for (const flag of ["--reset-t0", "--target-is-disposable"]) {
        expect((await rejectionOf(dualWrite(["off", flag]))).code).toBe("USAGE");
      }
      expect(await json("status")).toMatchObject({ dualWrite: "on", t0Us });
      const reset = await json("off", "--reset-t0", "--target-is-disposable");
      expect(reset).toMatchObject({ dualWrite: "off", t0Us: null, resets: 1 });
      expect(BigInt(reset.highestLiveUs)).toBeGreaterThan(BigInt(t0Us));
      expect(await dualWrite(["status"])).toContain("T0 given up");
    });

    it.each([
      ["sqlite:earth.db", "USAGE"],
      ["earth.db", "TARGET_URL"],
    ])("refuses the target %s", async (url, code) => {
      expect((await rejectionOf(dualWrite(["status"], url))).code).toBe(code);
    });

    it("refuses a keyspace that is not there", async () => {
      const url = keyspace.url.replace("octoload_test_", "octoload_test_no_");
      expect((await rejectionOf(dualWrite(["on"], url))).code).toBe("CASSANDRA_KEYSPACE");
    });
  });
});
