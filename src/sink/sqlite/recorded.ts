import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { nothingRecorded, type RecordedTarget } from "../recorded-target.js";
import { parseTargetUrl } from "../target-url.js";
import { targetFailure } from "./failure.js";
import { readMeta } from "./meta.js";
import { openExisting } from "./open-existing.js";
import { readLastRun, readLastWriteTime } from "./state.js";

/**
 * What an embedded target knows of earlier loads; nothing where there is none yet.
 *
 * @throws OctoloadError TARGET_*
 */
export function recordedTarget(url: string): RecordedTarget {
  const target = parseTargetUrl(url);
  if (target.kind !== "sqlite" || !existsSync(target.path)) return nothingRecorded;
  let database: Database.Database | undefined;
  try {
    database = openExisting(target.path);
    const meta = readMeta(database, target.path);
    if (meta === undefined) return nothingRecorded;
    return {
      meta,
      lastRun: readLastRun(database),
      lastWriteTimeUs: readLastWriteTime(database),
    };
  } catch (error) {
    throw targetFailure(target.path, error);
  } finally {
    database?.close();
  }
}
