import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Copies of each row by data centre. */
export type Replication = Readonly<Record<string, number>>;

export const compactionClasses = {
  leveled: "LeveledCompactionStrategy",
  "size-tiered": "SizeTieredCompactionStrategy",
  unified: "UnifiedCompactionStrategy",
} as const;
export type Compaction = keyof typeof compactionClasses;

export const compressorClasses = {
  lz4: "LZ4Compressor",
  zstd: "ZstdCompressor",
  none: null,
} as const;
export type Compression = keyof typeof compressorClasses;

/** How the table of rows is kept; docs/cassandra.md has the reasons for the defaults. */
export interface TableOptions {
  readonly compaction: Compaction;
  readonly compression: Compression;
  /** What is compressed, and read from the disk, at once. */
  readonly chunkKib: number;
  /** 0: rows do not expire. */
  readonly ttlSeconds: number;
  readonly gcGraceDays: number;
}

export const defaultTableOptions: TableOptions = {
  compaction: "leveled",
  compression: "lz4",
  chunkKib: 16,
  ttlSeconds: 0,
  gcGraceDays: 90,
};

/** Cassandra's own limit: 20 years. */
const MAX_TTL_SECONDS = 630_720_000;
/** gc_grace_seconds is an int. */
const MAX_GC_GRACE_DAYS = 24_855;
const MAX_CHUNK_KIB = 1024;
const MAX_RF = 100;

/** Table options as the command line gives them. */
export interface TableFlags {
  readonly compaction?: string;
  readonly compression?: string;
  readonly chunkKib?: string;
  readonly ttl?: string;
  readonly gcGraceDays?: string;
}

/** @throws OctoloadError SCHEMA_OPTION */
export function parseTableOptions(flags: TableFlags): TableOptions {
  const compression = parseName("--compression", flags.compression, compressorClasses) ?? "lz4";
  if (compression === "none" && flags.chunkKib !== undefined) {
    throw invalid("--chunk-kib goes with a compression, but --compression is none");
  }
  return {
    compaction:
      parseName("--compaction", flags.compaction, compactionClasses) ??
      defaultTableOptions.compaction,
    compression,
    chunkKib: parseChunk(flags.chunkKib) ?? defaultTableOptions.chunkKib,
    ttlSeconds:
      parseCount("--ttl", flags.ttl, "seconds", MAX_TTL_SECONDS) ?? defaultTableOptions.ttlSeconds,
    gcGraceDays:
      parseCount("--gc-grace-days", flags.gcGraceDays, "days", MAX_GC_GRACE_DAYS) ??
      defaultTableOptions.gcGraceDays,
  };
}

/**
 * `dc1:3,dc2:3`: the copies in each data centre.
 *
 * @throws OctoloadError SCHEMA_OPTION
 */
export function parseReplication(text: string): Replication {
  const replication = new Map<string, number>();
  for (const part of text.split(",")) {
    const [, datacenter, count] = /^\s*([^:'"\s]+):(\d{1,3})\s*$/.exec(part) ?? [];
    const rf = Number(count);
    if (datacenter === undefined || !(rf >= 1 && rf <= MAX_RF)) {
      throw invalid(`--rf must be as dc1:3,dc2:3, got ${describeValue(text)}`);
    }
    if (replication.has(datacenter)) throw invalid(`--rf names ${datacenter} twice`);
    replication.set(datacenter, rf);
  }
  return Object.fromEntries(replication);
}

/** `dc1:3,dc2:3`, sorted by name. */
export function formatReplication(replication: Replication): string {
  return Object.entries(replication)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([datacenter, rf]) => `${datacenter}:${rf}`)
    .join(",");
}

function parseName<Name extends string>(
  flag: string,
  text: string | undefined,
  known: Readonly<Record<Name, unknown>>,
): Name | undefined {
  if (text === undefined) return undefined;
  const names = Object.keys(known) as Name[];
  const name = names.find((one) => one === text);
  if (name !== undefined) return name;
  throw invalid(`${flag} must be one of ${names.join(", ")}, got ${describeValue(text)}`);
}

function parseChunk(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const kib = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (kib > 0 && kib <= MAX_CHUNK_KIB && (kib & (kib - 1)) === 0) return kib;
  throw invalid(
    `--chunk-kib must be a power of two from 1 to ${MAX_CHUNK_KIB}, got ${describeValue(text)}`,
  );
}

function parseCount(
  flag: string,
  text: string | undefined,
  unit: string,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,12}$/.test(text) ? Number(text) : -1;
  if (count >= 0 && count <= max) return count;
  throw invalid(`${flag} must be whole ${unit} from 0 to ${max}, got ${describeValue(text)}`);
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("SCHEMA_OPTION", fault);
}
