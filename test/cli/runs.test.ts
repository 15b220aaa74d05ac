import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addRunsCommand } from "../../src/cli/runs.js";
import { readStatus } from "../../src/load/run-status.js";
import { halfDone } from "../support/progress-samples.js";
import { rejectionOf } from "../support/rejection-of.js";
import { someRejected } from "../support/report-samples.js";
import { type SteeredRun, startSteeredRun } from "../support/steered-run.js";

let runsDir: string;
let run: SteeredRun | undefined;

beforeEach(async () => {
  runsDir = await mkdtemp(join(tmpdir(), "octoload-runs-"));
});

afterEach(async () => {
  await run?.kill();
  run = undefined;
  await rm(runsDir, { recursive: true, force: true });
});

/** Runs `octoload runs …` and returns what it prints; errors are thrown as the command throws them. */
async function runs(...args: string[]): Promise<string> {
  let stdout = "";
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addRunsCommand(program, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      throw new Error(`unexpected: ${text}`);
    },
    env: {},
  });
  await program.parseAsync(["runs", "--runs-dir", runsDir, ...args], { from: "user" });
  return stdout;
}

async function addRun(name: string, files: Readonly<Record<string, unknown>>): Promise<string> {
  const dir = join(runsDir, name);
  await mkdir(dir);
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(dir, file), JSON.stringify(content));
  }
  return dir;
}

const runFile = {
  runId: "20260131-a1b2",
  startedAt: "2026-01-31T12:00:00.000Z",
  source: { name: "earth" },
  sinks: ["sqlite:earth.octree"],
};

/** Of a process that is there unless `pid` says otherwise. */
function statusFile(changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const settings = { isPaused: false, rowsPerSecond: 5000 };
  return {
    runId: "20260131-a1b2",
    pid: process.pid,
    host: "elsewhere",
    at: new Date().toISOString(),
    state: "running",
    phase: "load",
    settings,
    acknowledgedChangeId: null,
    progress: halfDone,
    ...changes,
  };
}

async function listed(): Promise<Record<string, unknown>[]> {
  return (JSON.parse(await runs("--json")) as { runs: Record<string, unknown>[] }).runs;
}

describe("octoload runs", () => {
  it("says so when there are none, or no folder", async () => {
    expect(await runs()).toBe(`No runs in ${runsDir}.\n`);
    await rm(runsDir, { recursive: true });
    expect(await runs()).toBe(`No runs in ${runsDir}.\n`);
    expect(await listed()).toEqual([]);
  });

  it("lists them aligned, the latest first", async () => {
    await addRun("20260131-a1b2", { "run.json": runFile, "report.json": someRejected });
    const later = { ...runFile, runId: "20260201-c3d4", startedAt: "2026-02-01T08:30:00Z" };
    await addRun("20260201-c3d4", { "run.json": later, "status.json": statusFile({}) });
    await addRun("no-run", { "other.json": {} });
    await writeFile(join(runsDir, "file"), "");
    expect(await runs()).toBe(
      `id             state        done     loaded     of rows  rejected  started (UTC)        source  targets
20260201-c3d4  running    78.5 %  5,230,000  10,000,000        12  2026-02-01 08:30:00  earth   sqlite:earth.octree
20260131-a1b2  rejected  100.0 %    100,000     100,012        12  2026-01-31 12:00:00  earth   sqlite:earth.octree
`,
    );
  });

  it("prints all it knows as JSON", async () => {
    const dir = await addRun("r", { "run.json": runFile, "status.json": statusFile({}) });
    expect(await listed()).toEqual([
      {
        id: "r",
        runId: "20260131-a1b2",
        dir,
        state: "running",
        source: "earth",
        sinks: ["sqlite:earth.octree"],
        total: 10_000_000,
        migrated: 5_230_000,
        failed: 12,
        percent: 78.54,
        rowsPerSecond: 812_345,
        rateLimit: 5000,
        startedAt: "2026-01-31T12:00:00.000Z",
      },
    ]);
  });

  it("tells a run that goes on from one that hangs, crashed or ended", async () => {
    const silent = { at: "2026-01-31T12:00:00Z" };
    const cases: [string, Record<string, unknown>][] = [
      ["running", { "status.json": statusFile({}) }],
      ["paused", { "status.json": statusFile({ state: "paused" }) }],
      ["silent", { "status.json": statusFile(silent) }],
      [
        "interrupted",
        {
          "status.json": statusFile({ state: "ended" }),
          "report.json": { outcome: "interrupted" },
        },
      ],
      ["unfinished", { "status.json": statusFile({ state: "ended" }) }],
      ["unfinished", {}],
      ["unfinished", { "run.json": {}, "status.json": { half: "written" } }],
    ];
    for (const [i, [, files]] of cases.entries()) {
      await addRun(`run-${i}`, { "run.json": { ...runFile, runId: `run-${i}` }, ...files });
    }
    const states = new Map((await listed()).map(({ id, state }) => [id, state]));
    expect(cases.map((_, i) => states.get(`run-${i}`))).toEqual(cases.map(([state]) => state));
  });

  it("believes a report only if no later process of the run left without one", async () => {
    run = await startSteeredRun(await addRun("r", { "report.json": someRejected }));
    await run.kill();
    expect((await listed())[0]).toMatchObject({ state: "unfinished", percent: null });
  });

  it("bears files that are broken, and shows no escapes from them", async () => {
    await addRun("a\u001b[31m", { "run.json": { runId: 5, source: 7, sinks: [1, {}] } });
    await writeFile(join(await addRun("b", { "run.json": [] }), "status.json"), "{");
    const dir = await addRun("c", { "run.json": runFile });
    await writeFile(join(dir, "report.json"), "not json");
    expect((await listed()).map(({ id }) => id)).toEqual(["c", "a\u001b[31m"]);
    expect(await runs()).not.toContain("\u001b");
  });
});

describe("octoload runs pause, resume and rate", () => {
  it("steer a run by its id's beginning or its path", async () => {
    const dir = await addRun("20260131-a1b2", { "run.json": runFile });
    await addRun("20260131-b3", { "run.json": { ...runFile, runId: "20260131-b3" } });
    run = await startSteeredRun(dir);
    expect(await runs("pause", "20260131-a")).toBe("run 20260131-a1b2 is paused\n");
    expect((await readStatus(dir))?.state).toBe("paused");
    expect(await runs("rate", dir, "50000")).toBe("run 20260131-a1b2 is paused\n");
    expect(await runs("resume", "20260131-a1b2")).toBe(
      "run 20260131-a1b2 is running, at most 50,000 rows/s\n",
    );
    expect(JSON.parse(await runs("rate", "20260131-a", "off", "--json"))).toEqual({
      id: "20260131-a1b2",
      runId: "steered",
      pid: run.child.pid,
      state: "running",
      isPaused: false,
      rowsPerSecond: null,
    });
  });

  it("refuse a name that is none or not unique", async () => {
    await addRun("ab1", { "run.json": { runId: "ab1" } });
    await addRun("ab2", { "run.json": { runId: "ab2" } });
    const ambiguous = await rejectionOf(runs("pause", "ab"));
    expect(ambiguous).toMatchObject({ code: "RUN_NOT_FOUND" });
    expect(ambiguous.fault).toBe('"ab" begins the ids of 2 runs: ab1, ab2');
    expect((await rejectionOf(runs("pause", "x"))).code).toBe("RUN_NOT_FOUND");
    expect((await rejectionOf(runs("pause", join(runsDir, "x")))).code).toBe("RUN_NOT_FOUND");
  });

  it("say when the run has ended", async () => {
    await addRun("ab1", {
      "run.json": { runId: "ab1" },
      "status.json": statusFile({ state: "ended" }),
    });
    expect((await rejectionOf(runs("resume", "ab1"))).code).toBe("RUN_NOT_ACTIVE");
  });

  it("refuse rates that are none", async () => {
    for (const rate of ["0", "-1", "1.5", "1e3", "fast", "", "9999999999999999"]) {
      expect((await rejectionOf(runs("rate", "ab1", "--", rate))).code).toBe("USAGE");
    }
  });

  it("refuse a command they do not know", async () => {
    await expect(runs("stop", "ab1")).rejects.toMatchObject({ exitCode: 1 });
  });
});
