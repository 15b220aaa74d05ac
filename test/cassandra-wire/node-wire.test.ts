import cassandra, { type Client } from "cassandra-driver";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  currentHost,
  type DriverHost,
  leastBusy,
  ReadyFrame,
  requireSupportedDriver,
  unfitMembers,
} from "../../src/cassandra/wire/driver-internals.js";
import { NodeWire } from "../../src/cassandra/wire/node-wire.js";
import {
  PreparedStatements,
  prepareEverywhere,
} from "../../src/cassandra/wire/prepared-statements.js";
import { refusalOf } from "../support/refusal-of.js";
import {
  CqlPeer,
  done,
  doneWithWarning,
  int,
  type PeerFrame,
  prepared,
  refusal,
  reply,
  short,
  shortBytes,
  string,
} from "./cql-peer.js";

let peer: CqlPeer;
let client: Client;
let wire: NodeWire;

beforeEach(async () => {
  peer = await CqlPeer.open();
  client = new cassandra.Client({
    contactPoints: [peer.address],
    localDataCenter: "datacenter1",
    protocolOptions: { maxVersion: 4 },
    isMetadataSyncEnabled: false,
    pooling: { heartBeatInterval: 0 },
    socketOptions: { defunctReadTimeoutThreshold: 2 },
  });
  await client.connect();
  wire = NodeWire.of(client, peer.address);
});

afterEach(async () => {
  await client.shutdown();
  await peer.close();
});

/** A BATCH frame by its header; the peer doesn't look at the body. */
function batch(content: string, padding = 0): Buffer {
  const body = Buffer.concat([Buffer.from(content), Buffer.alloc(padding)]);
  return Buffer.concat([Buffer.from([4, 0, 0, 0, 13]), int(body.length), body]);
}

function hostOf(from: Client): DriverHost {
  const host = currentHost(from, peer.address);
  if (host === undefined) throw new Error("the driver doesn't know the peer");
  return host;
}

function bodies(): string[] {
  return peer.received.map(({ bytes }) => bytes.subarray(9).toString());
}

describe("the driver's internals", () => {
  it("are those of the version known here", () => {
    expect(() => requireSupportedDriver()).not.toThrow();
    expect(unfitMembers(hostOf(client))).toEqual([]);
  });

  it("of another version are refused, and --plain-driver named", () => {
    const refused = refusalOf(() => requireSupportedDriver("4.11.0"));
    expect(refused.code).toBe("CASSANDRA_DRIVER_VERSION");
    expect(refused.message).toContain("--plain-driver");
  });

  it("that changed are named", () => {
    const changed = Object.create(hostOf(client), {
      checkHealth: { value: undefined },
      pool: { value: { connections: [{ sendStream: () => undefined, connected: 1 }] } },
    });
    expect(unfitMembers(changed)).toEqual([
      "Host.checkHealth is undefined, expected function",
      "Connection.prepareOnce is undefined, expected function",
      "Connection.getInFlight is undefined, expected function",
      "Connection.connected is number, expected boolean",
      "Connection.protocolVersion is undefined, expected number",
      "Connection.endpoint is undefined, expected string",
      "Connection.netClient.cork is undefined, expected function",
      "Connection.netClient.unpipe is undefined, expected function",
      "Connection.protocol.write is undefined, expected function",
      "Connection.protocol.headerChunks is undefined, expected object",
      "Connection._operations.set is undefined, expected function",
      "Connection.timedOutOperations is undefined, expected number",
      "Connection._getStreamId is undefined, expected function",
      "Connection.freeStreamId is undefined, expected function",
    ]);
  });

  it("know no node of another name", () => {
    expect(refusalOf(() => NodeWire.of(client, "127.0.0.9:1")).code).toBe("CASSANDRA_NODE_UNKNOWN");
  });
});

describe("a frame", () => {
  it("arrives as it is, with a stream id of its own, and is acknowledged", async () => {
    const frames = Array.from({ length: 300 }, (_, index) => batch(`rows ${index}`));
    const acks = await Promise.all(frames.map((frame) => wire.send(frame, 5000)));
    expect(acks).toEqual(frames.map(() => ({ kind: "done", warnings: [] })));
    expect(bodies()).toEqual(frames.map((_, index) => `rows ${index}`));
    expect(new Set(peer.received.map(({ stream }) => stream)).size).toBeGreaterThan(100);
    expect(peer.received.every(({ bytes }) => bytes[0] === 4 && bytes[4] === 13)).toBe(true);
  });

  it("may be sent again as soon as it is answered, with another stream id", async () => {
    peer.answer = () => (peer.received.length === 1 ? undefined : done());
    const frame = batch("twice");
    expect((await wire.send(frame, 20)).kind).toBe("failed");
    expect((await wire.send(frame, 5000)).kind).toBe("done");
    const [one, other] = peer.received;
    expect(bodies()).toEqual(["twice", "twice"]);
    expect(one?.stream).not.toBe(other?.stream);
  });

  it("is not read any more once it is answered", async () => {
    peer.answer = () => undefined;
    const late = batch("late");
    const [ack] = await Promise.all([wire.send(late, 20), wire.send(batch("other"), 20)]);
    expect(ack).toMatchObject({ kind: "failed", failure: { reason: "client-timeout" } });
    late.fill(0xff);
    peer.answer = () => done();
    await wire.send(batch("next"), 5000);
    expect(bodies()).toEqual(["late", "other", "next"]);
  });

  it("counts as in flight from its sending to its answer", async () => {
    const held: PeerFrame[] = [];
    peer.answer = (frame) => {
      held.push(frame);
      return undefined;
    };
    const sent = [wire.send(batch("a"), 5000), wire.send(batch("bcd"), 5000)];
    expect([wire.inFlightRequests, wire.inFlightBytes]).toEqual([2, 9 + 1 + 9 + 3]);
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const frame of held.reverse()) reply(frame, done());
    await Promise.all(sent);
    expect([wire.inFlightRequests, wire.inFlightBytes]).toEqual([0, 0]);
  });

  it("brings the server's warnings along", async () => {
    peer.answer = () => doneWithWarning("Batch is of size 6.1KiB");
    const ack = await wire.send(batch("large"), 5000);
    expect(ack).toEqual({ kind: "done", warnings: ["Batch is of size 6.1KiB"] });
  });
});

describe("a refusal", () => {
  const consistency = short(6);
  it.each([
    [refusal(0x0000, "x"), { reason: "server-error", mayBeApplied: true }],
    [
      refusal(0x1000, "x", consistency, int(2), int(1)),
      { reason: "unavailable", required: 2, alive: 1 },
    ],
    [refusal(0x1001, "x"), { reason: "overloaded", mayBeApplied: true }],
    [refusal(0x1002, "x"), { reason: "bootstrapping", mayBeApplied: false }],
    [refusal(0x1003, "x"), { reason: "truncating" }],
    [
      refusal(0x1100, "x", consistency, int(1), int(2), string("UNLOGGED_BATCH")),
      { reason: "write-timeout", received: 1, required: 2, mayBeApplied: true },
    ],
    [
      refusal(0x1500, "x", consistency, int(0), int(2), int(1), string("SIMPLE")),
      { reason: "write-failure", received: 0, required: 2 },
    ],
    [refusal(0x2000, "x"), { reason: "invalid", mayBeApplied: false }],
    [refusal(0x2100, "x"), { reason: "unauthorized", mayBeApplied: false }],
    [refusal(0x2200, "Batch too large"), { reason: "invalid", message: "Batch too large" }],
    [
      refusal(0x2500, "x", shortBytes(Buffer.from("id"))),
      { reason: "unprepared", statementId: Buffer.from("id") },
    ],
    [refusal(0x7777, "unheard of"), { reason: "server-error", mayBeApplied: true }],
  ])("is data, classed by its code %#", async (answer, expected) => {
    peer.answer = () => answer;
    const ack = await wire.send(batch("rows"), 5000);
    const code = answer.body.readInt32BE(0);
    expect(ack).toMatchObject({ kind: "failed", failure: { ...expected, code } });
    expect(wire.inFlightRequests).toBe(0);
  });
});

describe("a lost connection", () => {
  it("fails each frame in flight once, and the next is sent over a new one", async () => {
    peer.answer = () => {
      if (peer.received.length === 500) peer.reset();
      return undefined;
    };
    const acks = await Promise.all(
      Array.from({ length: 1000 }, () => wire.send(batch("rows", 3000), 30_000)),
    );
    const reasons = acks.map((ack) => (ack.kind === "failed" ? ack.failure.reason : "done"));
    const lost = reasons.filter((reason) => reason === "connection-lost").length;
    const unsent = reasons.filter((reason) => reason === "not-sent").length;
    expect(lost).toBeGreaterThanOrEqual(500);
    expect(lost + unsent).toBe(1000);
    expect([wire.inFlightRequests, wire.inFlightBytes]).toEqual([0, 0]);
    peer.answer = () => done();
    while (!wire.isUp) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await wire.send(batch("again"), 5000)).toEqual({ kind: "done", warnings: [] });
  });

  it("is noticed by a frame that meets it after it was chosen", async () => {
    const connection = leastBusy(hostOf(client));
    if (connection === undefined) throw new Error("expected an open connection");
    const lost = new Promise((resolve) => connection.once("socketClose", resolve));
    peer.reset();
    await lost;
    const options = { getReadTimeout: () => 30_000, getRowCallback: () => undefined };
    const error = await new Promise((resolve) => {
      connection.sendStream(new ReadyFrame(batch("rows"), connection), options, resolve);
    });
    expect(error).toMatchObject({ isSocketError: true, requestNotWritten: true });
  });

  it("is reported as the node being down, and up again", async () => {
    const events: string[] = [];
    const ends = [wire.onDown(() => events.push("down"))];
    const up = new Promise<void>((resolve) => {
      ends.push(wire.onUp(() => resolve()));
    });
    peer.reset();
    await up;
    expect(events).toEqual(["down"]);
    for (const end of ends) end();
    const names = ["hostDown", "hostUp", "hostAdd"];
    expect(names.map((name) => client.listenerCount(name))).toEqual([0, 0, 0]);
  });

  it("of all nodes makes the driver replace its host, and the old one is closed", async () => {
    const before = hostOf(client);
    const removed = new Promise((resolve) => client.once("hostRemove", resolve));
    peer.reset();
    expect(await removed).toBe(before);
    while (!wire.isUp) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hostOf(client)).not.toBe(before);
    expect((before.pool as unknown as { isClosing(): boolean }).isClosing()).toBe(true);
    expect(
      (before.pool as unknown as { _newConnectionTimeout: unknown })._newConnectionTimeout,
    ).toBeNull();
    expect((await wire.send(batch("again"), 5000)).kind).toBe("done");
  });
});

describe("a node that answers nothing", () => {
  it("loses its connection after the driver's threshold of client timeouts", async () => {
    peer.answer = () => undefined;
    const down = new Promise((resolve) => client.once("hostDown", resolve));
    const acks = await Promise.all([1, 2, 3].map(() => wire.send(batch("rows"), 20)));
    expect(acks.map((ack) => ack.kind === "failed" && ack.failure)).toMatchObject(
      [1, 2, 3].map(() => ({ reason: "client-timeout", mayBeApplied: true })),
    );
    await down;
  });
});

describe("a statement the node has forgotten", () => {
  const query = "INSERT INTO keyspace.table";
  const id = Buffer.from(query).subarray(0, 16);
  const forgotten = () => refusal(0x2500, "forgotten", shortBytes(id));

  it("is prepared once for all frames that met it, and they are sent again", async () => {
    const statements = new PreparedStatements([await prepareEverywhere(client, query)]);
    let prepares = 0;
    peer.answerPrepare = () => {
      prepares += 1;
      return prepared(id);
    };
    peer.answer = () => (prepares === 0 ? forgotten() : done());
    const frames = Array.from({ length: 50 }, (_, index) => batch(`rows ${index}`));
    const acks = await Promise.all(frames.map((frame) => statements.send(wire, frame, 5000)));
    expect(acks.every(({ kind }) => kind === "done")).toBe(true);
    expect([prepares, statements.reprepares]).toEqual([1, 1]);
    expect(peer.received.length).toBe(100);
  });

  it("of other columns by now is not sent again", async () => {
    const statements = new PreparedStatements([await prepareEverywhere(client, query)]);
    peer.answerPrepare = () => prepared(id, 0x09);
    peer.answer = forgotten;
    const ack = await statements.send(wire, batch("rows"), 5000);
    expect(ack).toMatchObject({ failure: { reason: "invalid", mayBeApplied: false } });
    expect(peer.received.length).toBe(1);
  });

  it("whose table is gone fails with the server's answer to PREPARE", async () => {
    const statements = new PreparedStatements([await prepareEverywhere(client, query)]);
    peer.answerPrepare = () => refusal(0x2200, "table t does not exist");
    peer.answer = forgotten;
    const ack = await statements.send(wire, batch("rows"), 5000);
    expect(ack).toMatchObject({
      failure: { reason: "invalid", message: "table t does not exist" },
    });
    peer.answerPrepare = () => prepared(id);
    peer.answer = () => done();
    expect((await statements.send(wire, batch("rows"), 5000)).kind).toBe("done");
  });

  it("is not asked for again and again", async () => {
    const statements = new PreparedStatements([await prepareEverywhere(client, query)]);
    peer.answer = forgotten;
    const ack = await statements.send(wire, batch("rows"), 5000);
    expect(ack).toMatchObject({ failure: { reason: "unprepared", statementId: id } });
    expect(peer.received.length).toBe(4);
  });

  it("that nobody prepared is no reason to prepare", async () => {
    peer.answer = forgotten;
    const ack = await new PreparedStatements([]).send(wire, batch("rows"), 5000);
    expect(ack).toMatchObject({ failure: { reason: "invalid" } });
  });

  it("that a node refuses is an error with the server's words", async () => {
    peer.answerPrepare = () => refusal(0x2200, "unconfigured table t");
    const prepare = prepareEverywhere(client, query);
    await expect(prepare).rejects.toMatchObject({ code: "CASSANDRA_PREPARE" });
    await expect(prepare).rejects.toThrow("unconfigured table t");
  });
});
