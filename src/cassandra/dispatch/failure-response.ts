import type { WireFailure } from "../wire/wire-failure.js";

/** What to do about a frame that was not acknowledged, and about the node that did not. */
export type FailureResponse =
  /** Send it again, to another owner if there is one. */
  | {
      readonly kind: "again";
      /** It tells of load: the node's window shrinks, and the node is given a rest. */
      readonly isLoad: boolean;
      /** A server gave it up: should others succeed meanwhile, the frame itself may be the cause. */
      readonly isSuspect: boolean;
    }
  /** Too few replicas, or no room for more: rows of these replicas wait. */
  | { readonly kind: "pause" }
  /** The frame's rows are at fault, unless the tables have changed. */
  | { readonly kind: "invalid" }
  /** The run can not go on. */
  | { readonly kind: "end"; readonly code: "CASSANDRA_ACCESS_LOST" | "CASSANDRA_FAILED" };

/**
 * Writes carry their timestamp, so that a frame may be sent again whatever the server has done
 * with it.
 */
export function respondTo(failure: WireFailure): FailureResponse {
  switch (failure.reason) {
    case "not-sent":
    case "bootstrapping":
    case "truncating":
    case "unprepared":
      return again;
    case "connection-lost":
    case "client-timeout":
    case "overloaded":
    case "write-timeout":
      return underLoad;
    case "server-error":
    case "write-failure":
      return suspect;
    case "unavailable":
      return { kind: "pause" };
    case "invalid":
      // A guardrail of Cassandra 4.1 and later: nothing is wrong with the rows.
      return isDiskFull(failure.message) ? { kind: "pause" } : { kind: "invalid" };
    case "unauthorized":
      return { kind: "end", code: "CASSANDRA_ACCESS_LOST" };
    case "protocol-error":
      return { kind: "end", code: "CASSANDRA_FAILED" };
  }
}

const again = { kind: "again", isLoad: false, isSuspect: false } as const;
const underLoad = { kind: "again", isLoad: true, isSuspect: false } as const;
const suspect = { kind: "again", isLoad: true, isSuspect: true } as const;

function isDiskFull(message: string): boolean {
  return /disk usage exceeds/i.test(message);
}
