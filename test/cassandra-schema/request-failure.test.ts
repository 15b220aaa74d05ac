import { errors } from "cassandra-driver";
import { describe, expect, it } from "vitest";
import { requestFailure } from "../../src/cassandra/session-errors.js";

const unavailable = new errors.ResponseError(0x1000, "Cannot achieve consistency level");
const down = "Host considered as DOWN";
const cut = new Error("The socket was closed");

/** As the driver throws it when it has tried the nodes of its plan; some entries are text. */
function noHost(inner: Readonly<Record<string, unknown>>): Error {
  return new errors.NoHostAvailableError(inner);
}

describe("requestFailure", () => {
  it.each<[name: string, error: unknown, code: string, fault: RegExp]>([
    ["a node's answer", unavailable, "CASSANDRA_UNAVAILABLE", /Cannot achieve/],
    [
      "its answer beside dead nodes",
      noHost({ a: down, b: unavailable }),
      "CASSANDRA_UNAVAILABLE",
      /Cannot/,
    ],
    ["nodes that are down", noHost({ a: down, b: down }), "CASSANDRA_UNAVAILABLE", /DOWN/],
    ["nodes that die meanwhile", noHost({ a: cut }), "CASSANDRA_UNAVAILABLE", /socket was closed/],
    ["no node to ask", noHost({}), "CASSANDRA_UNREACHABLE", /^reading: /],
    ["silence", new errors.OperationTimedOutError("late", "a"), "CASSANDRA_TIMEOUT", /late/],
    ["anything else", cut, "CASSANDRA_FAILED", /socket was closed/],
  ])("names %s", (_name, error, code, fault) => {
    const failure = requestFailure(error, "reading");
    expect(failure.code).toBe(code);
    expect(failure.fault).toMatch(fault);
  });
});
