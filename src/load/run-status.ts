import { open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Phase, Progress } from "./progress.js";

/** What a run can be told while it goes. */
export interface RunSettings {
  readonly isPaused: boolean;
  /** null: no limit. */
  readonly rowsPerSecond: number | null;
}

/** control.json: written by whoever steers, read by the run. */
export interface ControlFile {
  /** Of this change alone: the run acknowledges it by name. */
  readonly changeId: string;
  readonly desired: RunSettings;
  readonly byPid: number;
  /** ISO time. */
  readonly at: string;
}

/** status.json: written by the run every second and at changes. */
export interface StatusFile {
  readonly runId: string;
  readonly pid: number;
  readonly host: string;
  /** ISO time; one that stands still means that the process does. */
  readonly at: string;
  readonly state: "running" | "paused" | "ended";
  readonly phase: Phase;
  readonly settings: RunSettings;
  /** The last change that is in force. */
  readonly acknowledgedChangeId: string | null;
  readonly progress: Progress | null;
}

export const CONTROL_FILE = "control.json";
export const STATUS_FILE = "status.json";

let nextTemporary = 0;

/** Readers see the old content or the new, never a part of it. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  nextTemporary += 1;
  const temporary = `${path}.${process.pid}-${nextTemporary}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(value)}\n`);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A JSON object of a file; undefined where there is none or it is not an object. */
export async function readJsonObject(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

/** Of a run directory; undefined where there is none or somebody else wrote it. */
export async function readControl(runDir: string): Promise<ControlFile | undefined> {
  const value = await readJsonObject(join(runDir, CONTROL_FILE));
  if (value === undefined || !isRecord(value.desired)) return undefined;
  const { isPaused, rowsPerSecond } = value.desired;
  if (typeof value.changeId !== "string" || typeof isPaused !== "boolean") return undefined;
  if (!isRate(rowsPerSecond)) return undefined;
  return value as unknown as ControlFile;
}

/** Of a run directory; undefined where there is none or somebody else wrote it. */
export async function readStatus(runDir: string): Promise<StatusFile | undefined> {
  const value = await readJsonObject(join(runDir, STATUS_FILE));
  const isStatus =
    value !== undefined &&
    typeof value.pid === "number" &&
    typeof value.host === "string" &&
    typeof value.at === "string" &&
    (value.state === "running" || value.state === "paused" || value.state === "ended");
  return isStatus ? (value as unknown as StatusFile) : undefined;
}

/** Whether the process that wrote a status can still be there; from another host it cannot be told. */
export function mayBeAlive({ state, pid, host }: StatusFile): boolean {
  if (state === "ended") return false;
  return host !== hostname() || processExists(pid);
}

/** A rate in rows per second, or null for none. */
export function isRate(value: unknown): value is number | null {
  return value === null || (typeof value === "number" && Number.isFinite(value) && value > 0);
}

function processExists(pid: number): boolean {
  try {
    // Signal 0 asks only; a process of somebody else answers EPERM.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ENOENT" || error.code === "ENOTDIR";
}
