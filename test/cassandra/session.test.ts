import { describe, expect, it } from "vitest";
import { parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { connectCassandra } from "../../src/cassandra/session.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";

/** Opens a session without a user; `url` stands without its scheme. */
function connect(url: string, notes: string[] = []) {
  const target = parseCassandraUrl(`cassandra://${url}`);
  return connectCassandra(target, { env: {}, onNote: (text) => notes.push(text) });
}

describeOnCassandra("connectCassandra", ({ host, port, dc }) => {
  const place = `${host}:${port}/octoload_test_none`;

  it("says which data centre it took, unless it was named", async () => {
    const notes: string[] = [];
    const session = await connect(place, notes);
    expect(session.datacenter).toBe(dc);
    expect(notes).toEqual([`data centre ${dc}: the only one there is`]);
    await session.close();
    await (await connect(`${place}?dc=${dc}`, notes)).close();
    expect(notes).toHaveLength(1);
  });

  it("names the data centres there are", async () => {
    const error = await rejectionOf(connect(`${place}?dc=dc9`));
    expect(error.code).toBe("CASSANDRA_DC");
    expect(error.fault).toBe(`the cluster has no data centre "dc9", it has ${dc}`);
  });

  it("gives bigints, exact ones", async () => {
    const session = await connect(place);
    const { rows } = await session.client.execute(
      "SELECT (bigint) 9007199254740993 AS n FROM system.local",
    );
    expect(rows[0]?.n).toBe(9007199254740993n);
    await session.close();
  });

  it("says that a node does not speak TLS", async () => {
    const error = await rejectionOf(connect(`${place}?tls=true`));
    expect(error.code).toBe("CASSANDRA_TLS");
    expect(error.fault).toMatch(/wrong version number \(the node does not speak TLS/);
  });

  it("finds a node that is up among others that are not", async () => {
    const session = await connect(`127.0.0.1:1,no.such.host.invalid,${place}`);
    expect(session.client.hosts.length).toBeGreaterThan(0);
    await session.close();
  });
});

describe("no Cassandra", () => {
  it.each([
    ["127.0.0.1:1", /127\.0\.0\.1:1: connect ECONNREFUSED/],
    ["no.such.host.invalid", /no\.such\.host\.invalid:9042: No host could be resolved/],
  ])("at %s", async (authority, message) => {
    const { code, fault } = await rejectionOf(connect(authority));
    expect(code).toBe("CASSANDRA_UNREACHABLE");
    expect(fault).toMatch(message);
  });
});
