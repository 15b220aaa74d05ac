import type { CassandraSession } from "./session.js";

/** What a node is configured as: names of cassandra.yaml, values as text. */
export type ServerSettings = ReadonlyMap<string, string>;

type Host = ReturnType<CassandraSession["client"]["hosts"]["values"]>[number];

/**
 * All settings of one node, as its table system_views.settings has them (4.0 and later).
 *
 * @returns undefined: the node is down, or does not tell everybody
 */
export async function readServerSettings(
  { client }: CassandraSession,
  host: Host,
): Promise<ServerSettings | undefined> {
  if (!host.isUp()) return undefined;
  try {
    const query = "SELECT name, value FROM system_views.settings";
    const result = await client.execute(query, [], { prepare: true, host });
    const settings = new Map<string, string>();
    for await (const row of result) {
      const { name, value } = row as unknown as { name: string; value: string | null };
      // What may be a secret is not needed.
      if (/password|secret|keystore|truststore/i.test(name)) continue;
      if (value !== null && value !== "" && value !== "null") settings.set(name, value);
    }
    return settings;
  } catch {
    return undefined;
  }
}

const durations: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  ns: 0.000_001,
};

/** "1d", "30s" as milliseconds; undefined where it is none. */
export function parseSettingMs(value: string | undefined): number | undefined {
  const [, digits, unit = ""] = /^(\d+)(d|h|m|s|ms|us|µs|ns)$/.exec(value ?? "") ?? [];
  const scale = durations[unit === "µs" ? "us" : unit];
  return digits === undefined || scale === undefined ? undefined : Number(digits) * scale;
}

/** A list such as "[ANY, ONE]" or "ANY,ONE". */
export function parseSettingList(value: string | undefined): string[] {
  return (value ?? "")
    .replaceAll(/[[\]{}]/g, "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
