import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FrameSpec } from "../encoding/frame.js";
import type { ColumnNames } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { ColumnMapping } from "../source/columns.js";
import type { HotOptions } from "./hot-options.js";
import type { LoadSettings } from "./load-settings.js";
import type { Predictions } from "./predictions.js";
import type { Outcome } from "./progress.js";
import { runDiskFailure } from "./run-disk.js";
import { readJsonObject, writeJsonFile } from "./run-status.js";

export const RUN_FILE = "run.json";

/** Of the layout of run.json; a run of another one is not resumed. */
const RUN_FILE_VERSION = 2;

/** A file of the source as the run first found it. */
export interface RunSourceFile {
  readonly path: string;
  readonly table: string;
  readonly rows: number;
  /** In the order of `Source.rows`. */
  readonly columns: readonly string[];
  readonly columnNames: ColumnNames;
}

/** run.json: what a run is. Written when it begins, and again when its state changes. */
export interface RunFile extends Omit<LoadSettings, "frame"> {
  readonly version: number;
  readonly runId: string;
  readonly startedAt: string;
  readonly state: "unfinished" | Outcome;
  readonly resumes: number;
  readonly source: {
    readonly name: string;
    /** Files and globs as they were named. */
    readonly given: readonly string[];
    /** Absolute, as are all paths below and those of the targets. */
    readonly paths: readonly string[];
    readonly table: string | null;
    readonly columns: ColumnMapping;
    readonly snapshotDir: string | null;
    readonly snapshots: readonly string[] | null;
    readonly fingerprint: string;
    readonly files: readonly RunSourceFile[];
    readonly columnNames: ColumnNames;
  };
  readonly sinks: readonly string[];
  /** One a sink: how many cursors read its rows, since their positions are what a checkpoint is. */
  readonly cursors: readonly number[];
  /** null: no cache is filled. */
  readonly hot?: HotOptions | null;
  /** Of the plan that the run began with. */
  readonly predictions?: Predictions;
  readonly addSource: boolean;
  readonly frame: FrameSpec;
  /** Microseconds since 1970, decimal. */
  readonly writeTimeUs: string;
  /** Only of a run that redrives another one. */
  readonly redriveOf?: string;
  readonly redrive?: {
    /** The load that all runs of a chain of redrives complete. */
    readonly baseRunId: string;
    /** SHA-256 of the selection, which is kept in the run's store. */
    readonly selection: string;
  };
}

/** Sorts by time, and two of one second differ. */
export function makeRunId(now: Date): string {
  const time = now
    .toISOString()
    .replaceAll(/[-:]|\..*$/g, "")
    .replace("T", "-");
  return `${time}-${randomBytes(3).toString("hex")}`;
}

/** undefined: there is none. @throws OctoloadError RUN_OTHER where it is another version's */
export async function readRunFile(runDir: string): Promise<RunFile | undefined> {
  const path = join(runDir, RUN_FILE);
  const facts = await readJsonObject(path).catch(() => undefined);
  if (facts === undefined) {
    if (!existsSync(path)) return undefined;
    throw new OctoloadError("RUN_OTHER", `${path} is not what a run writes`);
  }
  if (facts.version !== RUN_FILE_VERSION) {
    throw new OctoloadError("RUN_OTHER", `${runDir} holds a run of another version of octoload`);
  }
  return facts as unknown as RunFile;
}

/** @throws OctoloadError RUN_DISK_FULL, RUN_DISK_FAILED */
export async function writeRunFile(
  runDir: string,
  run: Omit<RunFile, "version">,
): Promise<RunFile> {
  const file: RunFile = { version: RUN_FILE_VERSION, ...run };
  await writeJsonFile(join(runDir, RUN_FILE), file).catch((error: unknown) => {
    throw runDiskFailure(runDir, error);
  });
  return file;
}
