import type { CassandraSession } from "../../cassandra/session.js";
import type { Layout } from "../sink.js";

/** How large a frame of rows may be. */
export interface FrameLimits {
  readonly maxRows: number;
  /** As the server counts mutations. */
  readonly maxMutationBytes: number;
}

/** The server's default for batches of several partitions. */
const DEFAULT_WARN_BYTES = 5 * 1024;
/** Beyond it nothing is gained, and other requests wait longer behind such a batch. */
const MAX_NODE_BYTES = 32 * 1024;
const MAX_NODE_ROWS = 128;
/** A batch of one partition is one mutation: no threshold applies to it. */
const TILE_LIMITS: FrameLimits = { maxRows: 512, maxMutationBytes: 64 * 1024 };
/** A row travels alone below its own size, so there is no use in less. */
const MIN_BYTES = 256;
/** Batches that were on their way at the last warning may still bring theirs. */
const SETTLE_MS = 2_000;

/** Its name from 4.1 on, and before. */
const WARN_SETTINGS = ["batch_size_warn_threshold", "batch_size_warn_threshold_in_kb"];

/** Limits of a run's frames, which follow the server's warnings. */
export class AdaptiveLimits {
  readonly #nowMs: () => number;
  #limits: FrameLimits;
  #loweredMs = Number.NEGATIVE_INFINITY;

  constructor(limits: FrameLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  get current(): FrameLimits {
    return this.#limits;
  }

  /**
   * A server warned of a batch that it counts as `sizeBytes`.
   *
   * @returns whether frames are smaller from now on
   */
  lower(sizeBytes: number, thresholdBytes: number): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#loweredMs < SETTLE_MS) return false;
    const { maxMutationBytes: before, maxRows } = this.#limits;
    // Where the server counts more than was counted here, the limit shrinks by as much.
    const excess = Math.max(1, sizeBytes / before);
    const lowered = Math.max(MIN_BYTES, Math.floor(thresholdBytes / excess));
    if (lowered >= before) return false;
    this.#limits = { maxRows, maxMutationBytes: lowered };
    this.#loweredMs = nowMs;
    return true;
  }
}

/** What the servers take without a warning; their default where they do not say. */
export async function readFrameLimits(
  session: CassandraSession,
  layout: Layout,
): Promise<FrameLimits> {
  if (layout === "tile") return TILE_LIMITS;
  const warnings = await Promise.all(
    session.client.hosts.values().map((host) => readWarnBytes(session, host)),
  );
  const known = warnings.filter((bytes) => bytes !== undefined);
  const warnBytes = known.length === 0 ? DEFAULT_WARN_BYTES : Math.min(...known);
  return { maxRows: MAX_NODE_ROWS, maxMutationBytes: Math.min(warnBytes, MAX_NODE_BYTES) };
}

type Host = ReturnType<CassandraSession["client"]["hosts"]["values"]>[number];

/** undefined: the node is down, or does not tell everybody. */
async function readWarnBytes(
  { client }: CassandraSession,
  host: Host,
): Promise<number | undefined> {
  if (!host.isUp()) return undefined;
  for (const name of WARN_SETTINGS) {
    const query = "SELECT value FROM system_views.settings WHERE name = ?";
    try {
      const result = await client.execute(query, [name], { prepare: true, host });
      const bytes = parseSettingBytes(name, result.first()?.get("value"));
      if (bytes !== undefined) return bytes;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** "5KiB", or "5" of a setting whose name ends in _in_kb. */
export function parseSettingBytes(name: string, value: unknown): number | undefined {
  const [, digits, unit] = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(String(value)) ?? [];
  const scale = units[unit ?? (name.endsWith("_in_kb") ? "KiB" : "")];
  return digits === undefined || scale === undefined ? undefined : Number(digits) * scale;
}

const units: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
