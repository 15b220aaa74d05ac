import type Database from "better-sqlite3";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { LastRun } from "../recorded-target.js";
import type { TargetFacts } from "../sink.js";

const SCOPE = "runs";
const LAST_WRITE_TIME = "last_write_time_us";
const LAST_RUN = "last_run";
/** The load that the run of the last write time is, or completes. */
const LAST_BASE_RUN = "last_base_run";
const RUN_COUNT = "run_count";
/** Write time of the latest run that pruned: no earlier one may write any more. */
const PRUNED_AT = "pruned_at_write_time_us";

/** The run that opened the target last; undefined: there was none. */
export function readLastRun(database: Database.Database): LastRun | undefined {
  const runId = readState(database, LAST_RUN);
  if (runId === undefined) return undefined;
  const baseRunId = readState(database, LAST_BASE_RUN) ?? runId;
  return { runId, baseRunId, writeTimeUs: readLastWriteTime(database) };
}

/** The write time of the target's last run in microseconds since 1970; 0n when there was none. */
export function readLastWriteTime(database: Database.Database): bigint {
  return BigInt(readState(database, LAST_WRITE_TIME) ?? "0");
}

/** Notes a run before its first row: whatever becomes of it, a later run's rows are newer. */
export function recordRun(
  database: Database.Database,
  { runId, baseRunId, writeTimeUs }: Pick<TargetFacts, "runId" | "baseRunId" | "writeTimeUs">,
): void {
  const set = (key: string, value: string) => writeState(database, key, value, runId);
  if (readState(database, LAST_RUN) !== runId) {
    set(RUN_COUNT, String(BigInt(readState(database, RUN_COUNT) ?? "0") + 1n));
    set(LAST_RUN, runId);
  }
  // A run that resumes may be older than one that came meanwhile.
  if (writeTimeUs <= readLastWriteTime(database)) return;
  set(LAST_WRITE_TIME, String(writeTimeUs));
  set(LAST_BASE_RUN, baseRunId ?? runId);
}

/** A row that an earlier run wrote afterwards would stay: nothing is deleted at its key. */
export function recordPrune(
  database: Database.Database,
  { runId, writeTimeUs }: Pick<TargetFacts, "runId" | "writeTimeUs">,
): void {
  writeState(database, PRUNED_AT, String(writeTimeUs), runId);
}

/** @throws OctoloadError RUN_SUPERSEDED */
export function requireNotPruned(
  database: Database.Database,
  path: string,
  { runId, writeTimeUs }: Pick<TargetFacts, "runId" | "writeTimeUs">,
): void {
  const prunedAtUs = BigInt(readState(database, PRUNED_AT) ?? "0");
  if (prunedAtUs <= writeTimeUs) return;
  throw new OctoloadError(
    "RUN_SUPERSEDED",
    `${path}: run ${runId} of write time ${writeTimeUs} can't write any more: one of ${prunedAtUs} has pruned`,
  );
}

function writeState(database: Database.Database, key: string, value: string, runId: string): void {
  database
    .prepare("INSERT OR REPLACE INTO octoload_state VALUES (?, ?, ?, ?, ?)")
    .run(SCOPE, key, value, Date.now(), runId);
}

function readState(database: Database.Database, key: string): string | undefined {
  return database
    .prepare<[string, string], string>(
      "SELECT value FROM octoload_state WHERE scope = ? AND key = ?",
    )
    .pluck()
    .get(SCOPE, key);
}
