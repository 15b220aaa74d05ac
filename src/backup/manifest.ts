import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TableOptions } from "../cassandra/schema-options.js";
import type { StateRow } from "../cassandra/state-copy.js";
import type { FrameSpec } from "../encoding/frame.js";
import type { Layout } from "../encoding/layout.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { FileDigest } from "./disk-files.js";

export const MANIFEST_FILE = "manifest.json";
/** Of the layout of a backup's folder. */
export const BACKUP_VERSION = 1;
const FORMAT = "octoload-backup";

/** A file of the backup's folder. */
export interface BackupFile extends FileDigest {
  readonly name: string;
}

export interface TableRows {
  readonly name: string;
  readonly rows: number;
}

/** Copies of a source's files, as SQLite's backup API makes them. */
export interface SourceContent {
  readonly kind: "source";
  readonly files: readonly {
    readonly name: string;
    /** Where it was copied from, absolute. */
    readonly path: string;
    readonly tables: readonly TableRows[];
  }[];
  /** As a run with --snapshot records it of the same source. */
  readonly snapshotFingerprint: string;
  /** As a run that reads in place does; null: written to meanwhile, or no table that can be loaded. */
  readonly inPlaceFingerprint: string | null;
}

/** A copy of an embedded target. */
export interface EmbeddedContent {
  readonly kind: "embedded";
  readonly name: string;
  readonly path: string;
  readonly layout: Layout;
  readonly frame: FrameSpec;
  readonly tables: readonly TableRows[];
  readonly lastRunId: string | null;
}

/** A snapshot that a node keeps. */
export interface NodeSnapshot {
  readonly node: string;
  readonly tag: string;
  /** What nodetool said. */
  readonly said: string;
}

/** Rows, records and state of a target in Cassandra. */
export interface ClusterContent {
  readonly kind: "cassandra";
  readonly place: string;
  readonly keyspace: string;
  readonly layout: Layout;
  readonly frame: FrameSpec;
  readonly replication: Readonly<Record<string, string>>;
  readonly tableOptions: TableOptions;
  /** The file of the rows; null: --no-export. */
  readonly rows: ClusterRows | null;
  readonly meta: readonly (readonly [key: string, value: string])[];
  readonly state: readonly StateRow[];
  readonly lastRunId: string | null;
  /** Services wrote meanwhile: rows are of different moments. */
  readonly isDualWriteOn: boolean;
  readonly snapshots: readonly NodeSnapshot[];
}

export interface ClusterRows {
  readonly name: string;
  readonly digest: RowsDigest;
  /** Of cells, microseconds since 1970, decimal; null: there are none. */
  readonly firstWriteTimeUs: string | null;
  readonly lastWriteTimeUs: string | null;
  /** When the first cell expires, seconds since 1970; null: none does. */
  readonly firstExpiryS: number | null;
}

/** Rows as a set: their number, and the sum of each one's SHA-256 mod 2^256, hexadecimal. */
export interface RowsDigest {
  readonly rows: number;
  readonly sum: string;
  /** Of the rows without a TTL alone. */
  readonly lasting: { readonly rows: number; readonly sum: string };
}

/** There was no target: putting it back means to remove it. */
export interface AbsentContent {
  readonly kind: "absent";
  /** What of it was there: the keyspace, or some of its tables; empty: nothing. */
  readonly existing: readonly string[];
}

export type BackupContent = SourceContent | EmbeddedContent | ClusterContent | AbsentContent;

/** manifest.json: what a backup is. Its last entry is a checksum of all others. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** The octoload that made it. */
  readonly octoload: string;
  readonly id: string;
  /** ISO times. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** What was backed up, without secrets: a target's URL, or a source's files. */
  readonly of: string;
  readonly content: BackupContent;
  readonly files: readonly BackupFile[];
}

export function makeManifest(facts: Omit<Manifest, "format" | "version">): Manifest {
  return { format: FORMAT, version: BACKUP_VERSION, ...facts };
}

/** Of its files, the manifest aside. */
export function totalBytes({ files }: Pick<Manifest, "files">): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** As the file has it. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, checksum: checksumOf(manifest) }, null, 2)}\n`;
}

/** @throws OctoloadError BACKUP_NOT_FOUND, BACKUP_UNFINISHED, BACKUP_VERSION, BACKUP_DAMAGED */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) throw absentManifest(folder);
  const { checksum, ...facts } = parseObject(path, text);
  if (facts.format !== FORMAT) {
    throw new OctoloadError("BACKUP_NOT_FOUND", `${path} is not of a backup`);
  }
  if (facts.version !== BACKUP_VERSION) {
    throw new OctoloadError(
      "BACKUP_VERSION",
      `${folder} has format ${describeValue(facts.version)}, this octoload reads ${BACKUP_VERSION}`,
    );
  }
  if (checksum === checksumOf(facts)) return facts as unknown as Manifest;
  throw new OctoloadError("BACKUP_DAMAGED", `${path} does not fit its own checksum`);
}

function absentManifest(folder: string): OctoloadError {
  const unfinished = [folder, unfinishedFolder(folder)].find((path) => {
    return path.endsWith(UNFINISHED) && existsSync(path);
  });
  if (unfinished !== undefined) {
    return new OctoloadError("BACKUP_UNFINISHED", `${unfinished} is what is left of a backup`);
  }
  return new OctoloadError("BACKUP_NOT_FOUND", `there is no ${join(folder, MANIFEST_FILE)}`);
}

const UNFINISHED = ".unfinished";

/** Where a backup is made before it is complete. */
export function unfinishedFolder(folder: string): string {
  return `${folder.replace(/\/+$/, "")}${UNFINISHED}`;
}

function parseObject(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below.
  }
  throw new OctoloadError("BACKUP_DAMAGED", `${path} is no JSON object`);
}

/** Keys come back from the file in the order in which they were written. */
function checksumOf(facts: object): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}
