import { errors, types } from "cassandra-driver";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { WireFailure } from "./wire/wire-failure.js";

const { readTimeout, readFailure } = types.responseErrorCodes;

const codesOfReasons: Readonly<Partial<Record<WireFailure["reason"], ErrorCode>>> = {
  "not-sent": "CASSANDRA_UNREACHABLE",
  "connection-lost": "CASSANDRA_UNREACHABLE",
  "client-timeout": "CASSANDRA_TIMEOUT",
  overloaded: "CASSANDRA_TIMEOUT",
  bootstrapping: "CASSANDRA_UNAVAILABLE",
  unavailable: "CASSANDRA_UNAVAILABLE",
  invalid: "CASSANDRA_REFUSED",
  unauthorized: "CASSANDRA_PERMISSION",
};

/**
 * Why a node did not give a page, as one of octoload's errors.
 *
 * @param what the request in a few words, such as "reading octree_nodes"
 */
export function readFailureOf(failure: WireFailure, what: string): OctoloadError {
  const { code, message, reason } = failure;
  const cause = code === undefined ? undefined : new errors.ResponseError(code, message);
  return new OctoloadError(
    errorCode(code, reason),
    `${what}: ${message}`,
    cause === undefined ? {} : { cause },
  );
}

function errorCode(code: number | undefined, reason: WireFailure["reason"]): ErrorCode {
  if (code === readTimeout) return "CASSANDRA_TIMEOUT";
  // The server gave it up, as where too many tombstones lie: fewer rows may come.
  if (code === readFailure) return "CASSANDRA_FAILED";
  return codesOfReasons[reason] ?? "CASSANDRA_FAILED";
}
