import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** What a peer got: a whole frame. */
export interface PeerFrame {
  readonly opcode: number;
  readonly stream: number;
  readonly bytes: Buffer;
  readonly socket: Socket;
}

/** What to answer; undefined: nothing. */
export type Answer = { readonly opcode: number; readonly flags?: number; readonly body: Buffer };

export const opcodes = { error: 0, startup: 1, ready: 2, query: 7, result: 8, prepare: 9 } as const;

/**
 * One node's end of the CQL binary protocol v4, as far as the driver needs it to connect
 * (a cluster of this node alone) and with the answers to BATCH and PREPARE in the test's
 * hands: for what no real server does on demand, such as being overloaded.
 */
export class CqlPeer {
  /** BATCH (13) and EXECUTE (10) frames in order of arrival. */
  readonly received: PeerFrame[] = [];
  answer: (frame: PeerFrame) => Answer | undefined = () => done();
  answerPrepare: (query: string) => Answer = (query) =>
    prepared(Buffer.from(query).subarray(0, 16));
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      this.#serve(socket);
    });
  }

  static async open(): Promise<CqlPeer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CqlPeer(server);
  }

  get address(): string {
    const at = this.#server.address();
    if (at === null || typeof at === "string") throw new Error("the peer is closed");
    return `127.0.0.1:${at.port}`;
  }

  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Ends all connections with a reset, as a killed process does. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    let rest = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readInt32BE(5)) {
        const bytes = rest.subarray(0, 9 + rest.readInt32BE(5));
        rest = rest.subarray(bytes.length);
        this.#handle({ opcode: bytes[4] ?? 0, stream: bytes.readInt16BE(2), bytes, socket });
      }
    });
  }

  #handle(frame: PeerFrame): void {
    const answer = this.#answerTo(frame);
    if (answer !== undefined) reply(frame, answer);
  }

  #answerTo(frame: PeerFrame): Answer | undefined {
    switch (frame.opcode) {
      case 5: // OPTIONS
        return { opcode: 6, body: short(0) };
      case opcodes.startup:
      case 11: // REGISTER
        return { opcode: opcodes.ready, body: Buffer.alloc(0) };
      case opcodes.query:
        return longString(frame.bytes).includes("system.local") ? localRow() : noRows();
      case opcodes.prepare:
        return this.answerPrepare(longString(frame.bytes));
      default:
        this.received.push(frame);
        return this.answer(frame);
    }
  }
}

/** Sends an answer to a frame, now or later. */
export function reply(frame: PeerFrame, answer: Answer): void {
  frame.socket.write(answerBytes(frame.stream, answer));
}

export function answerBytes(stream: number, { opcode, flags, body }: Answer): Buffer {
  const header = Buffer.from([0x84, flags ?? 0, stream >> 8, stream & 0xff, opcode, 0, 0, 0, 0]);
  header.writeInt32BE(body.length, 5);
  return Buffer.concat([header, body]);
}

export function done(): Answer {
  return { opcode: opcodes.result, body: int(1) };
}

export function doneWithWarning(warning: string): Answer {
  return {
    opcode: opcodes.result,
    flags: 8,
    body: Buffer.concat([short(1), string(warning), int(1)]),
  };
}

export function refusal(code: number, message: string, ...more: readonly Buffer[]): Answer {
  return { opcode: opcodes.error, body: Buffer.concat([int(code), string(message), ...more]) };
}

/** RESULT Prepared of a statement with one bigint parameter, `columnType` its type code. */
export function prepared(id: Buffer, columnType = 2): Answer {
  const column = [string("k"), string("t"), string("a"), short(columnType)];
  const parameters = [int(1), int(1), int(0), ...column];
  const noResult = [int(4), int(0)];
  const body = Buffer.concat([int(4), short(id.length), id, ...parameters, ...noResult]);
  return { opcode: opcodes.result, body };
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function string(text: string): Buffer {
  return Buffer.concat([short(Buffer.byteLength(text)), Buffer.from(text)]);
}

export function shortBytes(bytes: Buffer): Buffer {
  return Buffer.concat([short(bytes.length), bytes]);
}

function longString(frame: Buffer): string {
  return frame.subarray(13, 13 + frame.readInt32BE(9)).toString();
}

function localRow(): Answer {
  const texts = {
    data_center: "datacenter1",
    rack: "rack1",
    release_version: "5.0.6",
    partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
  };
  const names = Object.keys(texts);
  const columns = names.map((name) => Buffer.concat([string(name), short(0x0d)]));
  const values = Object.values(texts).map((text) =>
    Buffer.concat([int(text.length), Buffer.from(text)]),
  );
  return rows(columns, [values]);
}

function noRows(): Answer {
  return rows([Buffer.concat([string("peer"), short(0x0d)])], []);
}

function rows(columns: readonly Buffer[], values: readonly (readonly Buffer[])[]): Answer {
  const metadata = [int(1), int(columns.length), string("system"), string("local"), ...columns];
  const body = Buffer.concat([int(2), ...metadata, int(values.length), ...values.flat()]);
  return { opcode: opcodes.result, body };
}
