import type { Layout } from "../encoding/layout.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type ConsistencyName, parseConsistency } from "./consistency.js";
import { parseContactPoints } from "./contact-points.js";
import { parseTlsFiles, type TlsFiles } from "./tls-files.js";
import { parseQuery, type UrlQuery } from "./url-query.js";

/** A target in Cassandra as its URL names it. */
export interface CassandraTarget {
  /** As the driver takes them: `host:port`, an IPv6 address in brackets. */
  readonly contactPoints: readonly string[];
  readonly keyspace: string;
  /** The data centre that requests go to; null: the URL does not say. */
  readonly datacenter: string | null;
  /** null: the URL does not say. */
  readonly layout: Layout | null;
  /** Of reads and writes, lightweight transactions aside. */
  readonly consistency: ConsistencyName;
  /** null: connections are not encrypted. */
  readonly tls: TlsFiles | null;
}

export const DEFAULT_KEYSPACE = "bluemarble";

const parameters = ["dc", "layout", "consistency", "tls", "ca", "cert", "key", "tls-name"];

/** Cassandra's own rule for names of keyspaces. */
const KEYSPACE = /^\w{1,48}$/;

/** Kept for the servers, whatever the case: writing there breaks a cluster. */
const SERVER_KEYSPACE = /^(system|dse)(_|$)/i;

/** What stands in a URL instead of secrets. */
const SECRETS_REMEDY =
  "Take it out of the URL (and out of the shell's history): set OCTOLOAD_CASSANDRA_USERNAME, and OCTOLOAD_CASSANDRA_PASSWORD or OCTOLOAD_CASSANDRA_PASSWORD_FILE.";

/**
 * Takes `cassandra://host[:port],host…/keyspace?dc=…&layout=node|tile&…` apart: docs/cassandra.md
 * has all its parts. The keyspace is taken literally, so its case counts.
 *
 * @throws OctoloadError TARGET_URL; a URL that may hold a user or a password is not repeated
 */
export function parseCassandraUrl(url: string): CassandraTarget {
  const { authority, path, query } = split(url);
  return {
    contactPoints: parseContactPoints(authority),
    keyspace: parseKeyspace(path),
    datacenter: parseDatacenter(query),
    layout: parseLayout(query),
    consistency: parseConsistency(query),
    tls: parseTlsFiles(query),
  };
}

function split(url: string): { authority: string; path: string; query: UrlQuery } {
  const [, rest] = /^cassandra:\/\/([\s\S]*)$/i.exec(url) ?? [];
  if (rest === undefined) {
    throw invalid("a Cassandra target begins with cassandra://, then host[:port]");
  }
  // Anywhere before the question mark: a password may hold slashes, and hosts and keyspaces no "@".
  const mark = rest.indexOf("?");
  const place = mark === -1 ? rest : rest.slice(0, mark);
  if (place.includes("@")) throw secretFault();
  const slash = place.indexOf("/");
  return {
    authority: slash === -1 ? place : place.slice(0, slash),
    path: slash === -1 ? "" : place.slice(slash + 1),
    query: readQuery(mark === -1 ? "" : rest.slice(mark + 1)),
  };
}

function readQuery(text: string): UrlQuery {
  const query = parseQuery(text);
  for (const name of query.keys()) {
    if (parameters.includes(name)) continue;
    if (/pass|pwd|user|secret|token|credential/i.test(name)) throw secretFault();
    throw invalid(
      `cassandra: takes no parameter ${describeValue(name)}, only ${parameters.join(", ")}`,
    );
  }
  return query;
}

function parseKeyspace(path: string): string {
  if (path === "") return DEFAULT_KEYSPACE;
  if (!KEYSPACE.test(path)) {
    throw invalid(
      `a keyspace is 1 to 48 letters, digits and underscores, got ${describeValue(path)}`,
    );
  }
  if (SERVER_KEYSPACE.test(path)) throw invalid(`the keyspace ${path} is the server's own`);
  return path;
}

function parseDatacenter(query: UrlQuery): string | null {
  const name = query.get("dc");
  if (name === "") throw invalid("dc needs the name of a data centre");
  return name ?? null;
}

function parseLayout(query: UrlQuery): Layout | null {
  const layout = query.get("layout");
  if (layout === undefined || layout === "node" || layout === "tile") return layout ?? null;
  throw invalid(`layout must be node or tile, got ${describeValue(layout)}`);
}

function secretFault(): OctoloadError {
  return new OctoloadError("TARGET_URL", "a target's URL holds no user and no password", {
    remedy: SECRETS_REMEDY,
  });
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
