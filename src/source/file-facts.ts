import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import type { WalPosition, WalScanner } from "./wal-scanner.js";

/** What tells, without reading the rows, whether a database is still as it was. */
export interface FileFacts {
  readonly bytes: string;
  readonly modifiedNs: string;
  /** Counts the commits outside WAL mode. */
  readonly changeCounter: number;
  readonly wal: WalPosition | null;
}

const CHANGE_COUNTER_AT = 24;

/** @param path a real path */
export function readFileFacts(path: string, database: Database, wal: WalScanner): FileFacts {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) {
    throw new OctoloadError("SOURCE_CHANGED", `${JSON.stringify(path)} is gone`);
  }
  return {
    bytes: found.size.toString(),
    modifiedNs: found.mtimeNs.toString(),
    changeCounter: readChangeCounter(database),
    wal: wal.position(),
  };
}

/** Which of the facts differ, in words; undefined: none. */
export function describeChange(before: FileFacts, now: FileFacts): string | undefined {
  if (before.bytes !== now.bytes) return `${before.bytes} bytes became ${now.bytes}`;
  if (before.changeCounter !== now.changeCounter) return "its change counter moved";
  if (before.modifiedNs !== now.modifiedNs) return "its time of modification moved";
  return JSON.stringify(before.wal) === JSON.stringify(now.wal)
    ? undefined
    : "its write-ahead log moved";
}

function readChangeCounter(database: Database): number {
  const header = database.prepare("SELECT octoload_header()").pluck().get();
  return Buffer.isBuffer(header) ? header.readUInt32BE(CHANGE_COUNTER_AT) : 0;
}
