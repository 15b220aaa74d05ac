import { splitServerUrl, type UrlQuery } from "../endpoint/server-url.js";
import { parseTlsFiles, type TlsFiles } from "../endpoint/tls-files.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseRedisHosts, type RedisHost } from "./redis-hosts.js";
import { DEFAULT_PREFIX } from "./resp.js";

/** A cache in Redis as its URL names it. */
export interface RedisTarget {
  readonly mode: "standalone" | "cluster";
  /** One where it stands alone; of a cluster those to begin with. */
  readonly hosts: readonly RedisHost[];
  /** The number of the database; a cluster has 0 alone. */
  readonly database: number;
  /** What each key begins with, taken literally. */
  readonly prefix: string;
  /** How long an entry lives, seconds. */
  readonly ttlSeconds: number;
  /** The ACL user; null: OCTOLOAD_REDIS_USERNAME, or Redis's default user. */
  readonly username: string | null;
  /** null: connections are not encrypted. */
  readonly tls: TlsFiles | null;
}

export const DEFAULT_TTL_SECONDS = 3_600;

/** Ten years: what is to stay longer has no place in a cache. */
const MAX_TTL_SECONDS = 315_360_000;
const MAX_PREFIX_BYTES = 256;
const MAX_DATABASE = 65_535;

const rules = {
  scheme: "redis:",
  parameters: ["prefix", "ttl", "username", "tls", "ca", "cert", "key", "tls-name"],
  secretNames: /pass|pwd|auth|secret|token|credential/i,
  secretFault,
};

const SCHEME = /^redis(?<tls>s?)(?<cluster>\+cluster)?:\/\/(?<rest>[\s\S]*)$/i;

/** What stands in a URL instead of secrets. */
const SECRETS_REMEDY =
  "Take it out of the URL (and out of the shell's history): set OCTOLOAD_REDIS_PASSWORD or OCTOLOAD_REDIS_PASSWORD_FILE, and the user by ?username= or OCTOLOAD_REDIS_USERNAME.";

/**
 * Takes `redis://host[:port][/database][?prefix=…&ttl=…&username=…]` apart; `rediss://` is
 * encrypted, `redis+cluster://host:port,host:port…` and `rediss+cluster://` are clusters.
 *
 * @throws OctoloadError TARGET_URL; a URL that may hold a password is not repeated
 */
export function parseRedisUrl(url: string): RedisTarget {
  const { tls, cluster, rest } = SCHEME.exec(url)?.groups ?? {};
  if (rest === undefined) {
    throw invalid(
      "a cache's URL begins with redis://, rediss://, redis+cluster:// or rediss+cluster://, then host[:port]",
    );
  }
  const { authority, path, query } = splitServerUrl(rest, rules);
  const mode = cluster === undefined ? "standalone" : "cluster";
  const hosts = parseRedisHosts(authority);
  if (mode === "standalone" && hosts.length > 1) {
    throw invalid("redis:// takes one host; the hosts of a cluster go with redis+cluster://");
  }
  return {
    mode,
    hosts,
    database: parseDatabase(path, mode),
    prefix: parsePrefix(query),
    ttlSeconds: parseTtl(query),
    username: parseUsername(query),
    tls: parseTlsFiles(query, { name: "rediss://", isUsed: tls?.toLowerCase() === "s" }),
  };
}

function parseDatabase(path: string, mode: RedisTarget["mode"]): number {
  if (path === "") return 0;
  if (mode === "cluster")
    throw invalid("a Redis Cluster has no databases: nothing follows its hosts");
  const number = /^\d{1,5}$/.test(path) ? Number(path) : -1;
  if (number >= 0 && number <= MAX_DATABASE) return number;
  throw invalid(`a database is a number from 0 to ${MAX_DATABASE}, got ${describeValue(path)}`);
}

function parsePrefix(query: UrlQuery): string {
  const prefix = query.get("prefix") ?? DEFAULT_PREFIX;
  const { length } = Buffer.from(prefix);
  if (length <= MAX_PREFIX_BYTES) return prefix;
  throw invalid(`prefix takes up to ${MAX_PREFIX_BYTES} bytes, got ${length}`);
}

function parseTtl(query: UrlQuery): number {
  const text = query.get("ttl");
  if (text === undefined) return DEFAULT_TTL_SECONDS;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAX_TTL_SECONDS) return seconds;
  throw invalid(`ttl is seconds from 1 to ${MAX_TTL_SECONDS}, got ${describeValue(text)}`);
}

function parseUsername(query: UrlQuery): string | null {
  const name = query.get("username");
  if (name === "") throw invalid("username is empty");
  return name ?? null;
}

function secretFault(): OctoloadError {
  return new OctoloadError("TARGET_URL", "a cache's URL holds no user:password@ and no password", {
    remedy: SECRETS_REMEDY,
  });
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
