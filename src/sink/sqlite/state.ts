import type Database from "better-sqlite3";
import type { LastRun } from "../recorded-target.js";
import type { TargetFacts } from "../sink.js";

const SCOPE = "runs";
const LAST_WRITE_TIME = "last_write_time_us";
const LAST_RUN = "last_run";
/** The load that the run of the last write time is, or completes. */
const LAST_BASE_RUN = "last_base_run";
const RUN_COUNT = "run_count";

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
  const put = database.prepare("INSERT OR REPLACE INTO octoload_state VALUES (?, ?, ?, ?, ?)");
  const set = (key: string, value: string) => put.run(SCOPE, key, value, Date.now(), runId);
  if (readState(database, LAST_RUN) !== runId) {
    set(RUN_COUNT, String(BigInt(readState(database, RUN_COUNT) ?? "0") + 1n));
    set(LAST_RUN, runId);
  }
  // A run that resumes may be older than one that came meanwhile.
  if (writeTimeUs <= readLastWriteTime(database)) return;
  set(LAST_WRITE_TIME, String(writeTimeUs));
  set(LAST_BASE_RUN, baseRunId ?? runId);
}

function readState(database: Database.Database, key: string): string | undefined {
  return database
    .prepare<[string, string], string>(
      "SELECT value FROM octoload_state WHERE scope = ? AND key = ?",
    )
    .pluck()
    .get(SCOPE, key);
}
