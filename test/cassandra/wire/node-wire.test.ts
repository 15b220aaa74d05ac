import { randomBytes } from "node:crypto";
import cassandra, { type Client } from "cassandra-driver";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RingView, replicaSetAt } from "../../../src/cassandra/ring.js";
import {
  currentHost,
  leastBusy,
  unfitMembers,
} from "../../../src/cassandra/wire/driver-internals.js";
import { type Ack, NodeWire } from "../../../src/cassandra/wire/node-wire.js";
import {
  type PreparedStatement,
  PreparedStatements,
  prepareEverywhere,
} from "../../../src/cassandra/wire/prepared-statements.js";
import { token } from "../../../src/encoding/token.js";
import { describeOnCassandra } from "../../support/servers.js";

const keyspace = `octoload_test_wire_${randomBytes(6).toString("hex")}`;
const insert = `INSERT INTO ${keyspace}.rows (k, v) VALUES (?, ?)`;
const WRITE_TIME = 1_700_000_000_000_000n;

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function bigint(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function rowsFrom(first: number, count: number, size = 10): Buffer[][] {
  return Array.from({ length: count }, (_, at) => [
    bigint(BigInt(first + at)),
    Buffer.alloc(size, at),
  ]);
}

describeOnCassandra("ready frames", ({ host, port, dc }) => {
  let client: Client;
  let wire: NodeWire;
  let statement: PreparedStatement;
  let statements: PreparedStatements;

  beforeAll(async () => {
    client = new cassandra.Client({ contactPoints: [`${host}:${port}`], localDataCenter: dc });
    await client.connect();
    await client.execute(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${dc}': 1}`,
    );
    wire = NodeWire.of(client, client.hosts.keys()[0] ?? "");
  });

  afterAll(async () => {
    await client?.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await client?.shutdown();
  });

  beforeEach(async () => {
    await createTable("blob");
    statement = await prepareEverywhere(client, insert);
    statements = new PreparedStatements([statement]);
  });

  async function createTable(valueType: string): Promise<void> {
    await client.execute(`DROP TABLE IF EXISTS ${keyspace}.rows`);
    await client.execute(`CREATE TABLE ${keyspace}.rows (k bigint PRIMARY KEY, v ${valueType})`);
  }

  /** BATCH, unlogged, LOCAL_ONE, with a default timestamp. */
  function batch(rows: readonly (readonly Buffer[])[]): Buffer {
    const { id } = statement;
    const written = rows.map((values) => [
      Buffer.from([1, 0, id.length]),
      id,
      Buffer.from([0, values.length]),
      ...values.flatMap((value) => [int(value.length), value]),
    ]);
    const begin = Buffer.from([1, rows.length >> 8, rows.length & 0xff]);
    const end = Buffer.concat([Buffer.from([0, 10, 0x20]), bigint(WRITE_TIME)]);
    const body = Buffer.concat([begin, ...written.flat(), end]);
    return Buffer.concat([Buffer.from([4, 0, 0, 0, 13]), int(body.length), body]);
  }

  const send = (frame: Buffer): Promise<Ack> => statements.send(wire, frame, 20_000);

  async function countRows(): Promise<number> {
    const result = await client.execute(`SELECT count(*) FROM ${keyspace}.rows`);
    return Number(result.first().get("count"));
  }

  describe("the driver's own connection", () => {
    it("has the members and the protocol that ready frames need", () => {
      const node = currentHost(client, wire.address);
      expect(node && unfitMembers(node)).toEqual([]);
      expect(leastBusy(node)?.protocolVersion).toBe(4);
    });

    it("carries ready BATCH frames, acknowledges each, and the rows are there", async () => {
      const frames = Array.from({ length: 200 }, (_, at) => batch(rowsFrom(at * 5, 5)));
      const acks = await Promise.all(frames.map(send));
      expect(acks.filter(({ kind }) => kind === "done").length).toBe(200);
      expect(await countRows()).toBe(1000);
      const result = await client.execute(
        `SELECT k, v, writetime(v) AS w FROM ${keyspace}.rows WHERE k = 7`,
      );
      expect(result.first().get("v")).toEqual(Buffer.alloc(10, 2));
      expect(String(result.first().get("w"))).toBe(String(WRITE_TIME));
      expect([wire.inFlightRequests, wire.inFlightBytes]).toEqual([0, 0]);
    });

    it("brings the warning about a large batch", async () => {
      const ack = await send(batch(rowsFrom(0, 10, 1000)));
      expect(ack).toMatchObject({ kind: "done", warnings: [expect.stringContaining("Batch")] });
    });

    it("brings the refusal of a batch that is too large", async () => {
      const ack = await send(batch(rowsFrom(0, 10, 10_000)));
      expect(ack).toMatchObject({
        failure: { reason: "invalid", message: "Batch too large", mayBeApplied: false },
      });
    });

    it("brings the refusal of a value that does not fit its column", async () => {
      const ack = await send(batch([[Buffer.alloc(3), Buffer.alloc(1)]]));
      expect(ack).toMatchObject({ failure: { reason: "invalid", code: 0x2200 } });
    });
  });

  describe("a statement that the node forgot", () => {
    it("because a column was added is prepared again, once", async () => {
      await client.execute(`ALTER TABLE ${keyspace}.rows ADD w int`);
      const acks = await Promise.all([0, 5, 10].map((first) => send(batch(rowsFrom(first, 5)))));
      expect(acks.map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
      expect(statements.reprepares).toBe(1);
      expect(await countRows()).toBe(15);
    });

    it("because the table was made anew is prepared again", async () => {
      await createTable("blob");
      expect((await send(batch(rowsFrom(0, 5)))).kind).toBe("done");
      expect(statements.reprepares).toBe(1);
      expect(await countRows()).toBe(5);
    });

    it("because its table is gone fails with the server's words", async () => {
      await client.execute(`DROP TABLE ${keyspace}.rows`);
      const ack = await send(batch(rowsFrom(0, 5)));
      expect(ack).toMatchObject({
        failure: {
          reason: "invalid",
          message: expect.stringContaining("rows"),
          mayBeApplied: false,
        },
      });
    });

    it("and that has other columns by now writes nothing", async () => {
      await createTable("int");
      const ack = await send(batch([[bigint(1n), int(7)]]));
      expect(ack).toMatchObject({ failure: { reason: "invalid" } });
      expect(await countRows()).toBe(0);
    });
  });

  describe("a keyspace's ring", () => {
    it("names the replicas that the driver routes to", () => {
      const ring = new RingView(client, keyspace, dc).current;
      for (let index = 0; index < 500; index += 1) {
        const key = randomBytes(8);
        const theirs = client.getReplicas(keyspace, key).map(({ address }) => address);
        const ours = ring.replicaSets[replicaSetAt(ring, token(key.readBigInt64BE()))];
        expect(ours).toEqual(theirs.sort());
      }
    });

    it("changes only with the cluster", async () => {
      const view = new RingView(client, keyspace, dc);
      const before = view.current;
      expect(view.refresh()).toBe(false);
      expect(view.current).toBe(before);
      await client.execute(
        `ALTER KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
      );
      await client.metadata.refreshKeyspace(keyspace);
      expect(view.refresh()).toBe(true);
    });
  });
});
