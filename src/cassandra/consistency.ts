import type { types } from "cassandra-driver";
import type { UrlQuery } from "../endpoint/server-url.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/**
 * Consistency levels by their names in a URL. ANY is none of them: a row that only a hint holds
 * can be read by nobody, and is lost with its coordinator. Numbers: CQL binary protocol v4, section
 * 3, "consistency"; the driver's are the same, but reading a URL is to need no driver.
 */
const levels = {
  one: 0x01,
  local_one: 0x0a,
  two: 0x02,
  three: 0x03,
  quorum: 0x04,
  local_quorum: 0x06,
  each_quorum: 0x07,
  all: 0x05,
} as const;

export type ConsistencyName = keyof typeof levels;

export const DEFAULT_CONSISTENCY: ConsistencyName = "local_quorum";

/** The number that the protocol and the driver know the level by. */
export function consistencyCode(name: ConsistencyName): types.consistencies {
  return levels[name];
}

/** @throws OctoloadError TARGET_URL */
export function parseConsistency(query: UrlQuery): ConsistencyName {
  const text = query.get("consistency");
  if (text === undefined) return DEFAULT_CONSISTENCY;
  const name = text.toLowerCase();
  if (isConsistencyName(name)) return name;
  throw new OctoloadError(
    "TARGET_URL",
    `consistency must be one of ${Object.keys(levels).join(", ")}, got ${describeValue(text)}`,
  );
}

function isConsistencyName(name: string): name is ConsistencyName {
  return Object.hasOwn(levels, name);
}
