import type { Layout } from "../encoding/layout.js";
import { splitServerUrl, type UrlQuery } from "../endpoint/server-url.js";
import { parseTlsFiles, type TlsFiles } from "../endpoint/tls-files.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type ConsistencyName, parseConsistency } from "./consistency.js";
import { parseContactPoints } from "./contact-points.js";

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

const rules = {
  scheme: "cassandra:",
  parameters: ["dc", "layout", "consistency", "tls", "ca", "cert", "key", "tls-name"],
  secretNames: /pass|pwd|user|secret|token|credential/i,
  secretFault,
};

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
  const [, rest] = /^cassandra:\/\/([\s\S]*)$/i.exec(url) ?? [];
  if (rest === undefined) {
    throw invalid("a Cassandra target begins with cassandra://, then host[:port]");
  }
  const { authority, path, query } = splitServerUrl(rest, rules);
  return {
    contactPoints: parseContactPoints(authority),
    keyspace: parseKeyspace(path),
    datacenter: parseDatacenter(query),
    layout: parseLayout(query),
    consistency: parseConsistency(query),
    tls: parseTlsFiles(query),
  };
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
