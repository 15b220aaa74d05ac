import { readFileSync } from "node:fs";
import { type Frame, type FrameSpec, frames } from "../encoding/frame.js";
import { resolveFrame } from "../encoding/frame-file.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { CliIo } from "./io.js";

/** Read from the working directory when it is there. */
const SETTINGS_FILE = "octoload.json";

/** Every setting by its name in octoload.json; its environment variable is OCTOLOAD_<NAME>, as OCTOLOAD_RUNS_DIR. */
const settingNames = [
  "frame",
  "to",
  "runsDir",
  "memory",
  "maxErrors",
  "rate",
  "hot",
  "hotRegions",
  "hotMaxMemory",
] as const;
type SettingName = (typeof settingNames)[number];

/** A setting's value and where it comes from, for messages. */
interface Setting {
  readonly value: unknown;
  readonly origin: string;
}

export interface FrameSetting {
  readonly frame: Frame;
  readonly origin: string;
}

/**
 * The world frame of a command: --frame, then OCTOLOAD_FRAME, then "frame" in
 * octoload.json (a name, a path, or the frame itself), then `centred`.
 *
 * @throws OctoloadError FRAME_UNKNOWN, FRAME_INVALID or SETTINGS_INVALID, saying where the value
 *   comes from
 */
export function frameSetting(flag: string | undefined, io: CliIo): FrameSetting {
  const setting = findSetting("frame", flag, io);
  if (setting === undefined) return { frame: frames.centred, origin: "default" };
  const { value, origin } = setting;
  requireFrameValue(value, origin);
  try {
    return { frame: resolveFrame(value), origin };
  } catch (error) {
    throw error instanceof OctoloadError ? error.within(origin) : error;
  }
}

/**
 * A setting that is text, or a number written as one: the flag, then OCTOLOAD_<NAME>, then
 * octoload.json; undefined where nothing sets it. A list is lines of text.
 *
 * @throws OctoloadError SETTINGS_INVALID
 */
export function textSetting(
  name: SettingName,
  flag: string | undefined,
  io: CliIo,
): string | undefined {
  const setting = findSetting(name, flag, io);
  if (setting === undefined) return undefined;
  const { value, origin } = setting;
  const lines: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isText = lines.every((line) => typeof line === "string" || typeof line === "number");
  if (isText) return lines.map(String).join("\n");
  throw invalid(`${origin} must be text, got ${describeValue(value)}`);
}

/** The first place that sets it. The file is checked even where a flag decides. */
function findSetting(name: SettingName, flag: string | undefined, io: CliIo): Setting | undefined {
  const fromFile = readSettingsFile()[name];
  if (flag !== undefined)
    return { value: flag, origin: `--${name.replaceAll(/[A-Z]/g, "-$&").toLowerCase()}` };
  const variable = `OCTOLOAD_${name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()}`;
  const fromEnv = io.env[variable];
  // Empty counts as unset: many tools can only empty a variable.
  if (fromEnv !== undefined && fromEnv !== "") return { value: fromEnv, origin: variable };
  if (fromFile === undefined) return undefined;
  return { value: fromFile, origin: `"${name}" in ${SETTINGS_FILE}` };
}

function readSettingsFile(): Partial<Record<SettingName, unknown>> {
  const text = readIfThere(SETTINGS_FILE);
  if (text === undefined) return {};
  const settings = parseJson(text);
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw invalid(`${SETTINGS_FILE} must hold an object, got ${describeValue(settings)}`);
  }
  const known: readonly string[] = settingNames;
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown === undefined) return settings;
  throw invalid(
    `${SETTINGS_FILE} sets ${describeValue(unknown)}, which is no setting (known: ${known.join(", ")})`,
  );
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw invalid(`${path} cannot be read: ${reasonOf(error)}`, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid(`${SETTINGS_FILE} is not JSON: ${reasonOf(error)}`, error);
  }
}

function requireFrameValue(value: unknown, origin: string): asserts value is string | FrameSpec {
  if (typeof value === "string" || (typeof value === "object" && value !== null)) return;
  throw invalid(
    `${origin} must be a frame's name, path or description, got ${describeValue(value)}`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function invalid(fault: string, cause?: unknown): OctoloadError {
  return new OctoloadError("SETTINGS_INVALID", fault, cause === undefined ? {} : { cause });
}
