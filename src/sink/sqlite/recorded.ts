import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import type { ColumnSet } from "../sink.js";
import { parseTargetUrl } from "../target-url.js";
import { targetFailure } from "./failure.js";
import { readMeta } from "./meta.js";
import { openExisting } from "./open-existing.js";
import { type LastRun, readLastRun, readLastWriteTime } from "./state.js";

/**
 * The write time of a target's last run in microseconds since 1970: a run takes the greater of now
 * and this + 1000. 0n: no run yet, or the target keeps nothing.
 *
 * @throws OctoloadError TARGET_*
 */
export function lastWriteTimeUs(url: string): bigint {
  return lookInto(url, (database) => readLastWriteTime(database)) ?? 0n;
}

/**
 * A target's last run; undefined: no run yet, or the target keeps nothing.
 *
 * @throws OctoloadError TARGET_*
 */
export function lastRun(url: string): LastRun | undefined {
  return lookInto(url, (database) => readLastRun(database));
}

/** The column sets that a target's envelopes may name, for numberColumnSets(). */
export function recordedColumnSets(url: string): readonly ColumnSet[] {
  return lookInto(url, (database, path) => readMeta(database, path)?.columnSets) ?? [];
}

/** undefined: there is no target yet. */
function lookInto<T>(
  url: string,
  look: (database: Database.Database, path: string) => T,
): T | undefined {
  const target = parseTargetUrl(url);
  if (target.kind === "null" || !existsSync(target.path)) return undefined;
  let database: Database.Database | undefined;
  try {
    database = openExisting(target.path);
    if (readMeta(database, target.path) === undefined) return undefined;
    return look(database, target.path);
  } catch (error) {
    throw targetFailure(target.path, error);
  } finally {
    database?.close();
  }
}
