import { isIPv6 } from "node:net";
import { OctoloadError } from "../errors/octoload-error.js";

/** Of the native protocol, unless a contact point names another. */
export const DEFAULT_PORT = 9042;

/** A name or an IPv4 address, or an IPv6 address in brackets; then the port. */
const CONTACT_POINT =
  /^(?:(?<name>[a-z0-9](?:[\w.-]*[a-z0-9])?\.?)|\[(?<ipv6>[0-9a-f:.]+)\])(?::(?<port>.*))?$/i;

/**
 * `host[:port],host…` as the driver takes it: `host:port`, an IPv6 address in brackets.
 *
 * @throws OctoloadError TARGET_URL
 */
export function parseContactPoints(authority: string): string[] {
  if (authority === "") throw invalid("the URL names no host: cassandra://host[:port],host…");
  return [...new Set(authority.split(",").map(parseContactPoint))];
}

/** The host of a contact point, an IPv6 address without its brackets. */
export function hostOf(contactPoint: string): string {
  return contactPoint.slice(0, contactPoint.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}

/** What is no contact point is not repeated: it may be a password in the wrong place. */
function parseContactPoint(text: string, index: number): string {
  const { name, ipv6, port } = CONTACT_POINT.exec(text)?.groups ?? {};
  if (ipv6 !== undefined && isIPv6(ipv6)) return `[${ipv6}]:${parsePort(port)}`;
  if (name !== undefined) return `${name}:${parsePort(port)}`;
  if (isIPv6(text)) throw invalid(`an IPv6 address stands in brackets: [${text}]`);
  throw invalid(`contact point ${index + 1} is none: host, host:port or [IPv6]:port is expected`);
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw invalid("the port of a contact point must be from 1 to 65535");
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
