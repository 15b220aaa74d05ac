import { type HotRow, keyOf, rowAt, TTL_S } from "./hot-rows.mjs";
import type { BenchRedis } from "./server.js";

/** What a load left in the server, beside what it was given. */
export interface Audit {
  /** Rows given less keys found. */
  readonly missing: number;
  /** Entries looked at, one by one. */
  readonly looked: number;
  /** How many of those were not there, or not as given. */
  readonly differing: number;
}

/** What an entry says of its write time; undefined: nothing is asked of it. */
export type ExpectedWriteTime = bigint | undefined;

/** Counts the keys, and compares so many entries with what was to be put. */
export async function auditServer(
  { client }: BenchRedis,
  rows: number,
  { samples, wtsUs }: { readonly samples: number; readonly wtsUs: ExpectedWriteTime },
): Promise<Audit> {
  const step = Math.max(1, Math.floor(rows / samples));
  const indices = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  const same = await Promise.all(
    indices.map(async (index) => {
      const row = rowAt(index);
      const key = keyOf(row);
      const [entry, ttlS] = await Promise.all([client.hgetall(key), client.ttl(key)]);
      return ttlS > 0 && ttlS <= TTL_S && isAsGiven(entry, row, wtsUs);
    }),
  );
  const differing = same.filter((isSame) => !isSame).length;
  return { missing: rows - (await client.dbsize()), looked: indices.length, differing };
}

function isAsGiven(
  entry: Readonly<Record<string, string>>,
  { material, homogeneity, mask, lastModified }: HotRow,
  wtsUs: ExpectedWriteTime,
): boolean {
  return (
    entry.material_id === (material === null ? undefined : String(material)) &&
    Math.fround(Number(entry.homogeneity)) === homogeneity &&
    entry.children_mask === String(mask) &&
    entry.last_modified === String(lastModified) &&
    (wtsUs === undefined || entry.wts === String(wtsUs))
  );
}
