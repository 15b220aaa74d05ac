import { types } from "cassandra-driver";
import { describe, expect, it } from "vitest";
import type { CassandraSession } from "../../../src/cassandra/session.js";
import { KeyDeleter } from "../../../src/sink/cassandra/key-deleter.js";
import { KeyQueries } from "../../../src/sink/cassandra/key-queries.js";
import { type KeyPage, makeKeyPage } from "../../../src/sink/key-page.js";
import type { Layout } from "../../../src/sink/sink.js";
import { rejectionOf } from "../../support/rejection-of.js";

/** Codes of the CQL binary protocol, section 9. */
const unavailable = Object.assign(new Error("too few"), { code: 0x1000 });
const invalid = Object.assign(new Error("no such table"), { code: 0x2200 });
const unauthorized = Object.assign(new Error("not you"), { code: 0x2100 });

interface Sent {
  readonly keys: (bigint | number)[][];
  readonly timestamp: unknown;
}

/** A session whose requests are kept; `fails` says what becomes of each. */
function sessionOf(fails: (request: number) => Error | undefined = () => undefined) {
  const sent: Sent[] = [];
  const mostAtOnce = { now: 0, most: 0 };
  const settle = async (keys: Sent["keys"], { timestamp }: { timestamp?: unknown }) => {
    const failure = fails(sent.push({ keys, timestamp }) - 1);
    mostAtOnce.now += 1;
    mostAtOnce.most = Math.max(mostAtOnce.most, mostAtOnce.now);
    await new Promise((resolve) => setImmediate(resolve));
    mostAtOnce.now -= 1;
    if (failure !== undefined) throw failure;
  };
  const client = {
    execute: (_: string, params: Sent["keys"][number], options: object) =>
      settle([params], options),
    batch: (queries: { params: Sent["keys"][number] }[], options: object) =>
      settle(
        queries.map(({ params }) => params),
        options,
      ),
  };
  return { session: { client } as unknown as CassandraSession, sent, mostAtOnce };
}

function deleterOf(
  layout: Layout,
  session: CassandraSession,
  outageTimeoutMs = 60_000,
): KeyDeleter {
  const options = { consistency: 6, timestampUs: 1_700_000_000_000_123n, outageTimeoutMs };
  return new KeyDeleter(session, new KeyQueries("ks", layout), options);
}

/** Keys of level 3 with these tiles, the cells counting. */
function pageOf(tiles: readonly bigint[]): KeyPage {
  const page = makeKeyPage(tiles.length);
  page.tiles.set(tiles);
  page.levels.fill(3);
  for (const i of tiles.keys()) page.cells[i] = i;
  return page;
}

const never = new AbortController().signal;

describe("KeyDeleter", () => {
  it("deletes rows of layout node one by one, at the run's time, some at once", async () => {
    const { session, sent, mostAtOnce } = sessionOf();
    const page = pageOf(Array.from({ length: 500 }, () => 7n));
    await deleterOf("node", session).delete(page, [...page.tiles.keys()], never);
    const codes = Array.from({ length: 500 }, (_, i) => [[7n * 32_768n + BigInt(i), 3]]);
    expect(sent.map(({ keys }) => keys)).toEqual(codes);
    const time = types.Long.fromString("1700000000000123");
    expect(sent.every(({ timestamp }) => time.equals(timestamp as types.Long))).toBe(true);
    expect(mostAtOnce.most).toBe(64);
  });

  it("deletes a partition's rows of layout tile together, up to a hundred", async () => {
    const { session, sent } = sessionOf();
    const page = pageOf([1n, 1n, 2n, ...Array.from({ length: 250 }, () => -1n)]);
    const indexes = [...page.tiles.keys()].filter((i) => i !== 1);
    await deleterOf("tile", session).delete(page, indexes, never);
    expect(sent.map(({ keys }) => keys.length)).toEqual([1, 1, 100, 100, 50]);
    expect(sent[0]?.keys).toEqual([[3, 1n, 0]]);
    // What somebody else wrote there is deleted as it is.
    expect(sent[4]?.keys.at(-1)).toEqual([3, -1n, 252]);
  });

  it("sends again what may pass, and ends where that takes too long", async () => {
    const passing = sessionOf((request) => (request < 3 ? unavailable : undefined));
    await deleterOf("node", passing.session).delete(pageOf([1n]), [0], never);
    expect(passing.sent.length).toBe(4);
    const lasting = sessionOf(() => unavailable);
    const deleting = deleterOf("node", lasting.session, 100).delete(pageOf([1n]), [0], never);
    expect((await rejectionOf(deleting)).code).toBe("CASSANDRA_OUTAGE");
  });

  it("ends all where one is refused", async () => {
    const cases = [
      { refusal: invalid, code: "CASSANDRA_SCHEMA_LOST" },
      { refusal: unauthorized, code: "CASSANDRA_ACCESS_LOST" },
    ];
    for (const { refusal, code } of cases) {
      const { session, sent } = sessionOf((request) => (request === 5 ? refusal : undefined));
      const page = pageOf(Array.from({ length: 1000 }, (_, i) => BigInt(i)));
      const deleter = deleterOf("node", session);
      const error = await rejectionOf(deleter.delete(page, [...page.tiles.keys()], never));
      expect(error.code).toBe(code);
      expect(sent.length).toBeLessThan(200);
      expect((await rejectionOf(deleter.delete(page, [0], never))).code).toBe(code);
    }
  });

  it("stops when it is told to, also while it waits", async () => {
    const stop = new AbortController();
    const { session, sent } = sessionOf(() => {
      stop.abort(new Error("enough"));
      return unavailable;
    });
    const page = pageOf(Array.from({ length: 300 }, (_, i) => BigInt(i)));
    const deleting = deleterOf("node", session).delete(page, [...page.tiles.keys()], stop.signal);
    await expect(deleting).rejects.toThrow("enough");
    expect(sent.length).toBeLessThan(100);
  });
});
