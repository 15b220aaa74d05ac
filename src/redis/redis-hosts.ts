import { isIPv6 } from "node:net";
import { OctoloadError } from "../errors/octoload-error.js";

/** Redis's own, unless a host names another. */
const DEFAULT_PORT = 6379;

/** A name or an IPv4 address, or an IPv6 address in brackets; then the port. */
const HOST =
  /^(?:(?<name>[a-z0-9](?:[\w.-]*[a-z0-9])?\.?)|\[(?<ipv6>[0-9a-f:.]+)\])(?::(?<port>.*))?$/i;

/** Where a server listens. */
export interface RedisHost {
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * `host[:port],host…`
 *
 * @throws OctoloadError TARGET_URL
 */
export function parseRedisHosts(authority: string): RedisHost[] {
  if (authority === "") throw invalid("the URL names no host: redis://host[:port] is expected");
  return authority.split(",").map(parseHost);
}

/** As ioredis and Redis Cluster name a node: `host:port`, an IPv6 address without brackets. */
export function nodeName({ host, port }: RedisHost): string {
  return `${host}:${port}`;
}

/** The opposite of nodeName(). */
export function hostOfNode(node: string): RedisHost {
  const colon = node.lastIndexOf(":");
  return { host: node.slice(0, colon), port: Number(node.slice(colon + 1)) };
}

/** What is no host is not repeated: it may be a password in the wrong place. */
function parseHost(text: string, index: number): RedisHost {
  const { name, ipv6, port } = HOST.exec(text)?.groups ?? {};
  if (ipv6 !== undefined && isIPv6(ipv6)) return { host: ipv6, port: parsePort(port) };
  if (name !== undefined) return { host: name, port: parsePort(port) };
  if (isIPv6(text)) throw invalid(`an IPv6 address stands in brackets: [${text}]`);
  throw invalid(`host ${index + 1} of the URL is none: host, host:port or [IPv6]:port is expected`);
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw invalid("the port of a host must be from 1 to 65535");
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
