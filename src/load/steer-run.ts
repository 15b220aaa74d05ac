import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import {
  CONTROL_FILE,
  type ControlFile,
  isRate,
  mayBeAlive,
  type RunSettings,
  readControl,
  readStatus,
  type StatusFile,
  writeJsonFile,
} from "./run-status.js";

const POLL_MS = 50;
const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Tells a run of another process to pause, to go on or to change its rate, and waits
 * until the change is in force. What `change` does not name stays as it is.
 *
 * @returns the run's status that acknowledges the change
 * @throws OctoloadError ARG_RANGE, RUN_NOT_FOUND, RUN_NOT_ACTIVE (ended, or its process is gone),
 *   RUN_NO_ANSWER (not within `timeoutMs`; the run takes the change when it looks again)
 */
export async function steerRun(
  runDir: string,
  change: Partial<RunSettings>,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<StatusFile> {
  if (change.rowsPerSecond !== undefined && !isRate(change.rowsPerSecond)) {
    const value = describeValue(change.rowsPerSecond);
    throw new OctoloadError("ARG_RANGE", `rowsPerSecond must be above 0 or null, got ${value}`);
  }
  const status = await requireActive(runDir);
  const deadlineMs = Date.now() + timeoutMs;
  let changeId = await writeChange(runDir, status, change);
  while (Date.now() < deadlineMs) {
    await sleep(POLL_MS);
    const answer = await requireActive(runDir);
    if (answer.acknowledgedChangeId === changeId) return answer;
    const latest = await readControl(runDir);
    // Another commander wrote over this change, perhaps without having seen it: once more.
    if (latest?.changeId !== changeId) changeId = await writeChange(runDir, answer, change);
  }
  throw new OctoloadError(
    "RUN_NO_ANSWER",
    `run ${status.runId} (process ${status.pid}) did not answer within ${timeoutMs} ms`,
  );
}

async function requireActive(runDir: string): Promise<StatusFile> {
  const status = await readStatus(runDir);
  if (status === undefined) {
    throw new OctoloadError("RUN_NOT_FOUND", `${runDir} holds no run that could be steered`);
  }
  if (mayBeAlive(status)) return status;
  const how = status.state === "ended" ? "has ended" : `lost its process ${status.pid}`;
  throw new OctoloadError("RUN_NOT_ACTIVE", `run ${status.runId} ${how}`);
}

/** @returns the name of the change */
async function writeChange(
  runDir: string,
  status: StatusFile,
  change: Partial<RunSettings>,
): Promise<string> {
  const current = (await readControl(runDir))?.desired ?? status.settings;
  const file: ControlFile = {
    changeId: randomUUID(),
    desired: { ...current, ...change },
    byPid: process.pid,
    at: new Date().toISOString(),
  };
  await writeJsonFile(join(runDir, CONTROL_FILE), file);
  return file.changeId;
}
