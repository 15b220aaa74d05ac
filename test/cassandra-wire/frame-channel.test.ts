import cassandra, { type Client } from "cassandra-driver";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

/** What is asked for: an answer as above, or rows undecoded, which come with these bytes. */
type Asked = number | { readonly flags: number; readonly body: Uint8Array };

/** As exchange(), of both kinds; rows are told as their flags and bytes. */
function exchangeBodies(asked: readonly Asked[], cuts: readonly number[]): string[] {
  const told: string[] = [];
  const bytes = asked.map((one, i) => {
    const frame = batch();
    const onEnd = (error: unknown) => {
      told[i] = `end ${(error as { readonly message?: string } | null)?.message ?? "done"}`;
    };
    const onBody = (flags: number, body: Uint8Array) => {
      told[i] = `body ${flags} ${Buffer.from(body).toString("hex")}`;
    };
    channel().send(frame, 60_000, onEnd, typeof one === "number" ? undefined : onBody);
    const answer = typeof one === "number" ? answers[one]?.[0] : { opcode: 8, ...one };
    return answerBytes(frame.readInt16BE(2), { ...done(), ...answer, body: bodyOf(one) });
  });
  const all = Buffer.concat(bytes);
  const bounds = [0, ...cuts.map((cut) => cut % all.length), all.length].sort((a, b) => a - b);
  for (let i = 1; i < bounds.length; i += 1) {
    connection.netClient.emit("data", all.subarray(bounds[i - 1], bounds[i]));
  }
  return told;
}

function bodyOf(asked: Asked): Buffer {
  if (typeof asked !== "number") return Buffer.from(asked.body);
  return answers[asked]?.[0].body ?? Buffer.alloc(0);
}

function toldOf(asked: Asked): string {
  if (typeof asked !== "number") {
    return `body ${asked.flags} ${Buffer.from(asked.body).toString("hex")}`;
  }
  const isRefusal = answers[asked]?.[0].opcode === 0;
  return `end ${isRefusal ? answers[asked]?.[1] : "done"}`;
}

describe("rows that are asked for undecoded", () => {
  const rows = fc.record({
    flags: fc.constantFrom(0, 8),
    body: fc.uint8Array({ maxLength: 60 }),
  });
  const asked = fc.array(fc.oneof(fc.nat(answers.length - 1), rows), {
    minLength: 1,
    maxLength: 9,
  });

  it("come whole and as they are, between other answers, wherever the bytes are cut", () => {
    fc.assert(
      fc.property(asked, fc.array(fc.nat(), { maxLength: 9 }), (all, cuts) => {
        expect(exchangeBodies(all, cuts)).toEqual(all.map(toldOf));
      }),
      { seed: 20_261_123, numRuns: 200 },
    );
    expect(connection.getInFlight()).toBe(0);
  });

  it("are an error where the server refuses, and where the connection is lost in the middle", async () => {
    const told: string[] = [];
    const send = () => {
      const frame = batch();
      const onEnd = (error: unknown) => told.push(String(error));
      channel().send(frame, 60_000, onEnd, () => told.push("body"));
      return frame.readInt16BE(2);
    };
    const refused = answerBytes(send(), refusal(0x1001, "too slow"));
    connection.netClient.emit("data", refused);
    expect(told).toEqual([expect.stringContaining("too slow")]);
    const half = answerBytes(send(), { opcode: 8, body: Buffer.alloc(50) });
    connection.netClient.emit("data", half.subarray(0, 30));
    connection.netClient.destroy();
    await vi.waitFor(() => expect(told.length).toBe(2));
    expect(told[1]).toContain("Socket was closed");
  });
});

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
