import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  isRunning,
  ownIdentity,
  signalProcess,
  startProcess,
  waitUntilGone,
} from "../../scripts/cluster/processes.mjs";
import { startFailure } from "../../scripts/cluster/start-failure.mjs";
import { createCluster, openCluster } from "../../scripts/cluster/state.mjs";
import { takeDown } from "../../scripts/cluster/take-down.mjs";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

function sleeper() {
  const args = ["-e", "setTimeout(() => undefined, 60_000)"];
  const logFile = join(folder, "sleeper.log");
  return startProcess({ program: process.execPath, args, cwd: folder, logFile });
}

describe("a process's identity", () => {
  it("holds while it runs", async () => {
    const identity = await sleeper();
    expect(isRunning(identity)).toBe(true);
    expect(signalProcess(identity, "SIGKILL")).toBe(true);
    await waitUntilGone(identity, 10_000);
    expect(signalProcess(identity, "SIGKILL")).toBe(false);
  });

  it("spares another process that has its id now", async () => {
    const identity = await sleeper();
    const earlier = { ...identity, started: `${Number(identity.started) - 1}` };
    expect(isRunning(earlier)).toBe(false);
    expect(signalProcess(earlier, "SIGKILL")).toBe(false);
    expect(isRunning(identity)).toBe(true);
    signalProcess(identity, "SIGKILL");
  });

  it("is this process's own", () => {
    expect(isRunning(ownIdentity())).toBe(true);
  });

  it("is not given to a program that does not start", async () => {
    const logFile = join(folder, "none.log");
    const none = { program: join(folder, "none"), args: [], cwd: folder, logFile };
    await expect(startProcess(none)).rejects.toThrow("ENOENT");
  });
});

describe("a cluster's folder", () => {
  it("is refused where a cluster is, or anything else", async () => {
    const dir = join(folder, "cluster");
    const cluster = createCluster(dir);
    expect(() => createCluster(dir)).toThrow("take it down first");
    expect(openCluster(dir)?.state).toEqual(cluster.state);
    await takeDown(cluster);
    expect(openCluster(dir)).toBeUndefined();
    mkdirSync(dir);
    writeFileSync(join(dir, "precious"), "");
    expect(() => createCluster(dir)).toThrow("is not empty");
  });
});

describe("startFailure", () => {
  it("gives the end of the log and what to do", () => {
    const log = join(folder, "failed.log");
    const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    writeFileSync(log, `${lines.join("\n")}\nBindException: Address already in use\n`);
    const { message } = startFailure("node 1 ended", log);
    expect(message).not.toContain("line 50\n");
    expect(message).toContain("line 99\nBindException");
    expect(message).toMatch(/node 1 ended; another process took one of its ports/);
  });
});
