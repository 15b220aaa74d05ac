import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunControl } from "../../src/load/run-control.js";
import { readControl, readStatus } from "../../src/load/run-status.js";
import { steerRun } from "../../src/load/steer-run.js";
import { rejectionOf } from "../support/rejection-of.js";
import { type SteeredRun, startSteeredRun } from "../support/steered-run.js";

const TIMEOUT_MS = 30_000;

let runDir: string;
let run: SteeredRun | undefined;

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), "octoload-control-"));
});

afterEach(async () => {
  await run?.kill();
  run = undefined;
  await rm(runDir, { recursive: true, force: true });
});

async function migrated(): Promise<number> {
  return (await readStatus(runDir))?.progress?.migrated ?? 0;
}

/** Waits until the run says something that fits; the test's own limit ends it otherwise. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a run in another process", () => {
  it("is paused, and goes on when it is resumed", async () => {
    run = await startSteeredRun(runDir);
    const paused = await steerRun(runDir, { isPaused: true }, TIMEOUT_MS);
    expect(paused).toMatchObject({ state: "paused", pid: run.child.pid, runId: "steered" });
    // The heartbeat goes on while the rows stand still; what was admitted may still be counted.
    await until(async () => (await readStatus(runDir))?.at !== paused.at);
    const held = await migrated();
    const { at } = (await readStatus(runDir)) ?? {};
    await until(async () => (await readStatus(runDir))?.at !== at);
    expect(await migrated()).toBe(held);
    const resumed = await steerRun(runDir, { isPaused: false }, TIMEOUT_MS);
    expect(resumed.state).toBe("running");
    await until(async () => (await migrated()) > held);
  });

  it("takes another rate and keeps what a change does not name", async () => {
    run = await startSteeredRun(runDir, 1000);
    await steerRun(runDir, { isPaused: true }, TIMEOUT_MS);
    const slow = await steerRun(runDir, { rowsPerSecond: 50 }, TIMEOUT_MS);
    expect(slow.settings).toEqual({ isPaused: true, rowsPerSecond: 50 });
    const free = await steerRun(runDir, { rowsPerSecond: null, isPaused: false }, TIMEOUT_MS);
    expect(free.settings).toEqual({ isPaused: false, rowsPerSecond: null });
  });

  it("takes the changes of several at once, none of them lost", async () => {
    run = await startSteeredRun(runDir);
    await Promise.all([
      steerRun(runDir, { isPaused: true }, TIMEOUT_MS),
      steerRun(runDir, { rowsPerSecond: 123 }, TIMEOUT_MS),
      steerRun(runDir, { isPaused: true }, TIMEOUT_MS),
    ]);
    expect((await readStatus(runDir))?.settings).toEqual({ isPaused: true, rowsPerSecond: 123 });
  });

  it("that ended or was killed is not active", async () => {
    run = await startSteeredRun(runDir);
    await run.end();
    expect((await readStatus(runDir))?.state).toBe("ended");
    const ended = await rejectionOf(steerRun(runDir, { isPaused: true }, TIMEOUT_MS));
    expect(ended).toMatchObject({ code: "RUN_NOT_ACTIVE", fault: "run steered has ended" });

    run = await startSteeredRun(runDir);
    await run.kill();
    const killed = await rejectionOf(steerRun(runDir, { isPaused: true }, TIMEOUT_MS));
    expect(killed.code).toBe("RUN_NOT_ACTIVE");
    expect(killed.fault).toMatch(/^run steered lost its process \d+$/);
  });

  it("that is stopped does not answer, and takes the change once it can", async () => {
    run = await startSteeredRun(runDir);
    run.child.kill("SIGSTOP");
    const error = await rejectionOf(steerRun(runDir, { isPaused: true }, 300));
    expect(error.code).toBe("RUN_NO_ANSWER");
    run.child.kill("SIGCONT");
    await until(async () => (await readStatus(runDir))?.state === "paused");
  });

  it("keeps its rate when it is started again, but not its pause", async () => {
    run = await startSteeredRun(runDir);
    await steerRun(runDir, { isPaused: true, rowsPerSecond: 777 }, TIMEOUT_MS);
    await run.kill();
    run = await startSteeredRun(runDir);
    expect(await readStatus(runDir)).toMatchObject({
      state: "running",
      settings: { isPaused: false, rowsPerSecond: 777 },
    });
    expect((await readControl(runDir))?.desired.isPaused).toBe(false);
    await run.end();
    run = await startSteeredRun(runDir, 99);
    expect((await readStatus(runDir))?.settings.rowsPerSecond).toBe(99);
  });

  it("leaves no temporary files", async () => {
    run = await startSteeredRun(runDir);
    await steerRun(runDir, { isPaused: true }, TIMEOUT_MS);
    await run.end();
    expect((await readdir(runDir)).toSorted()).toEqual(["control.json", "status.json"]);
  });
});

describe("steerRun", () => {
  it("finds no run in a folder without a status, in a file or nowhere", async () => {
    const file = join(runDir, "file");
    await writeFile(file, "x");
    for (const place of [runDir, file, join(runDir, "missing")]) {
      expect((await rejectionOf(steerRun(place, { isPaused: true }))).code).toBe("RUN_NOT_FOUND");
    }
  });

  it("refuses rates that are none", async () => {
    for (const rowsPerSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect((await rejectionOf(steerRun(runDir, { rowsPerSecond }))).code).toBe("ARG_RANGE");
    }
  });
});

describe("RunControl", () => {
  it("ignores a control file that somebody spoilt", async () => {
    const control = await RunControl.open({ runDir, runId: "r" });
    for (const text of ["", "{", "[]", "null", '{"changeId":"x","desired":{"isPaused":1}}']) {
      await writeFile(join(runDir, "control.json"), text);
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(control.settings).toEqual({ isPaused: false, rowsPerSecond: null });
    }
    const changed = await steerRun(runDir, { rowsPerSecond: 5 }, TIMEOUT_MS);
    expect(changed.settings).toEqual({ isPaused: false, rowsPerSecond: 5 });
    expect(control.settings).toEqual(changed.settings);
    await control.close();
  });

  it("lets waiting batches go when it closes, and ends its status", async () => {
    const control = await RunControl.open({ runDir, runId: "r", rowsPerSecond: 1 });
    const limiter = control.createLimiter();
    await limiter.acquire(1_000_000);
    const waiting = limiter.acquire(1);
    await control.close();
    await waiting;
    expect(JSON.parse(await readFile(join(runDir, "status.json"), "utf8"))).toMatchObject({
      state: "ended",
      settings: { rowsPerSecond: 1 },
    });
  });

  it("has gates that follow the pause and not the rate", async () => {
    const control = await RunControl.open({ runDir, runId: "r", rowsPerSecond: 1 });
    const gate = control.createGate();
    await gate.acquire(1_000_000);
    await gate.acquire(1_000_000);
    await steerRun(runDir, { isPaused: true }, TIMEOUT_MS);
    const held = gate.acquire(1);
    expect(gate.isHolding).toBe(true);
    await steerRun(runDir, { isPaused: false }, TIMEOUT_MS);
    await held;
    await control.close();
  });
});
