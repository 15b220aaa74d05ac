import cassandra, { type Client } from "cassandra-driver";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  currentHost,
  type DriverConnection,
  leastBusy,
} from "../../src/cassandra/wire/driver-internals.js";
import { channelOf, type FrameChannel } from "../../src/cassandra/wire/frame-channel.js";
import {
  type Answer,
  answerBytes,
  CqlPeer,
  done,
  doneWithWarning,
  int,
  refusal,
  short,
} from "./cql-peer.js";

let peer: CqlPeer;
let client: Client;
let connection: DriverConnection;

beforeEach(async () => {
  peer = await CqlPeer.open();
  peer.answer = () => undefined;
  client = new cassandra.Client({
    contactPoints: [peer.address],
    localDataCenter: "datacenter1",
    protocolOptions: { maxVersion: 4 },
    isMetadataSyncEnabled: false,
    pooling: { heartBeatInterval: 0 },
  });
  await client.connect();
  const open = leastBusy(currentHost(client, peer.address));
  if (open === undefined) throw new Error("expected an open connection");
  connection = open;
});

afterEach(async () => {
  await client.shutdown();
  await peer.close();
});

function channel(): FrameChannel {
  const found = channelOf(connection);
  if (found === undefined) throw new Error("the connection is in the middle of an answer");
  return found;
}

function batch(): Buffer {
  return Buffer.concat([Buffer.from([4, 0, 0, 0, 13]), int(1), Buffer.from("x")]);
}

/** What the server may answer, and what the caller is to be told. */
const answers: readonly (readonly [Answer, string])[] = [
  [done(), "done"],
  [
    doneWithWarning("Unlogged batch covering 17 partitions"),
    "Unlogged batch covering 17 partitions",
  ],
  [doneWithWarning("größer"), "größer"],
  [doneWithWarning("w".repeat(9000)), "w".repeat(9000)],
  [refusal(0x1001, "busy"), "busy"],
  [refusal(0x2200, "b".repeat(2000)), "b".repeat(2000)],
  // An empty list of warnings.
  [{ ...done(), flags: 8, body: Buffer.concat([short(0), int(1)]) }, "done"],
];

/** Sends as many frames, has the answers come in pieces, and tells what each frame was told. */
function exchange(kinds: readonly number[], cuts: readonly number[]): string[] {
  const told: string[] = [];
  const frames = kinds.map((_, i) => {
    const frame = batch();
    channel().send(frame, 60_000, (error, response) => {
      const { message } = (error ?? {}) as { readonly message?: string };
      told[i] = message ?? response?.flags?.warnings?.join() ?? "done";
      told[i] ||= "done";
    });
    return frame;
  });
  const all = Buffer.concat(
    kinds.map((kind, i) =>
      answerBytes(frames[i]?.readInt16BE(2) ?? 0, answers[kind]?.[0] ?? done()),
    ),
  );
  const bounds = [...new Set([0, ...cuts.map((cut) => cut % all.length), all.length])].sort(
    (a, b) => a - b,
  );
  for (let i = 1; i < bounds.length; i += 1) {
    connection.netClient.emit("data", all.subarray(bounds[i - 1], bounds[i]));
  }
  return told;
}

function expectedOf(kinds: readonly number[]): string[] {
  return kinds.map((kind) => answers[kind]?.[1] ?? "");
}

describe("answers", () => {
  const every = [0, 1, 4, 0, 2, 6, 4, 1];

  it("are the same wherever the bytes are cut", () => {
    const { length } = Buffer.concat(
      every.map((kind) => answerBytes(0, answers[kind]?.[0] ?? done())),
    );
    for (let cut = 1; cut < length; cut += 1) {
      expect(exchange(every, [cut]), `cut at ${cut}`).toEqual(expectedOf(every));
    }
    const eachByte = Array.from({ length }, (_, i) => i);
    expect(exchange(every, eachByte)).toEqual(expectedOf(every));
    expect(connection.getInFlight()).toBe(0);
  });

  it("in any order and in any pieces reach the frames they are for", () => {
    const kinds = fc.array(fc.nat(answers.length - 1), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(kinds, fc.array(fc.nat(40_000), { maxLength: 12 }), (sent, cuts) => {
        expect(exchange(sent, cuts)).toEqual(expectedOf(sent));
      }),
      { seed: 20261122, numRuns: 200 },
    );
    expect(connection.getInFlight()).toBe(0);
  });

  it("with a broken list of warnings are left to the driver", () => {
    const broken = { ...done(), flags: 8, body: Buffer.concat([short(2), short(900), int(1)]) };
    let ends = 0;
    const frame = batch();
    channel().send(frame, 60_000, () => {
      ends += 1;
    });
    const bytes = answerBytes(frame.readInt16BE(2), broken);
    connection.netClient.emit("data", bytes);
    connection.netClient.emit("data", answerBytes(77, done()));
    expect(ends).toBeLessThanOrEqual(1);
    expect(exchange([0], [])).toEqual(["done"]);
  });
});

describe("a connection with a channel", () => {
  it("still answers the driver's own requests", async () => {
    expect(exchange([0], [])).toEqual(["done"]);
    const result = await client.execute("SELECT * FROM system.local");
    expect(result.first()?.get("data_center")).toBe("datacenter1");
    expect(exchange([1], [])).toEqual(["Unlogged batch covering 17 partitions"]);
  });

  it("sends frames of one moment together, each whole", async () => {
    const sent = Array.from({ length: 40 }, batch);
    const arrived = new Promise<void>((resolve) => {
      peer.answer = () => {
        if (peer.received.length === sent.length) resolve();
        return undefined;
      };
    });
    for (const frame of sent) channel().send(frame, 60_000, () => undefined);
    await arrived;
    expect(peer.received.map(({ bytes }) => bytes)).toEqual(sent);
  });

  it("is closed where a frame that timed out is still to be written", async () => {
    // More than the system's buffers hold, to a peer that reads nothing.
    const huge = Buffer.concat([
      Buffer.from([4, 0, 0, 0, 13]),
      int(2 ** 25),
      Buffer.alloc(2 ** 25),
    ]);
    for (const socket of peer.sockets) socket.pause();
    const closed = new Promise((resolve) => connection.netClient.once("close", resolve));
    const error = await new Promise((resolve) => channel().send(huge, 50, resolve));
    expect(error).toBeInstanceOf(cassandra.errors.OperationTimedOutError);
    await closed;
  });
});
