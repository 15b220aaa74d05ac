import { setImmediate } from "node:timers/promises";
import type { Client } from "cassandra-driver";
import {
  closeReplacedHosts,
  currentHost,
  type DriverConnection,
  type DriverHost,
  type DriverRequestOptions,
  type DriverResponse,
  FRAME_PROTOCOL,
  isClientTimeout,
  leastBusy,
  ReadyFrame,
  requireDriverHost,
} from "./driver-internals.js";
import { channelOf, type FrameEnd } from "./frame-channel.js";
import { classifyFailure, notSent, type WireFailure } from "./wire-failure.js";

/** What became of one sending of one frame. */
export type Ack =
  | { readonly kind: "done"; readonly warnings: readonly string[] }
  | { readonly kind: "failed"; readonly failure: WireFailure };

export type OnAck = (ack: Ack) => void;

/** A statement's parameter, as the server described it. */
export interface StatementColumn {
  readonly name: string;
  /** The protocol's type code and, for collections and user types, what they hold. */
  readonly type: string;
}

export type PrepareAnswer =
  | { readonly kind: "prepared"; readonly id: Buffer; readonly columns: readonly StatementColumn[] }
  | { readonly kind: "failed"; readonly failure: WireFailure };

/** What became of a request for rows. */
export type ReadAnswer =
  /** The body of a RESULT undecoded, and the flags of its frame. */
  | { readonly kind: "result"; readonly flags: number; readonly body: Uint8Array }
  | { readonly kind: "failed"; readonly failure: WireFailure };

const done: Ack = { kind: "done", warnings: [] };
/** The driver may be in the middle of an answer, or have no stream id left. */
const MAX_TURNS = 1000;

/**
 * Sends ready frames to one node over the driver's own connections to it. Which node, how
 * many at once and what to do about a failure is the caller's decision.
 */
export class NodeWire {
  /** `ip:port`, the driver's key of the node. */
  readonly address: string;
  readonly #client: Client;
  readonly #optionsOf = new Map<number, DriverRequestOptions>();
  #requests = 0;
  #bytes = 0;

  private constructor(client: Client, address: string) {
    this.#client = client;
    this.address = address;
  }

  /**
   * @param address `ip:port`, a key of client.hosts; the client is connected.
   * @throws OctoloadError CASSANDRA_DRIVER_VERSION, CASSANDRA_NODE_UNKNOWN.
   */
  static of(client: Client, address: string): NodeWire {
    requireDriverHost(client, address);
    closeReplacedHosts(client);
    return new NodeWire(client, address);
  }

  /** Frames sent and not yet answered. */
  get inFlightRequests(): number {
    return this.#requests;
  }

  /** Bytes of the frames sent and not yet answered. */
  get inFlightBytes(): number {
    return this.#bytes;
  }

  /** Whether a frame sent now would find an open connection. */
  get isUp(): boolean {
    return leastBusy(this.#host()) !== undefined;
  }

  /** Calls back when the last connection is lost. @returns what ends the watching. */
  onDown(listener: () => void): () => void {
    return this.#watch(["hostDown"], listener);
  }

  /**
   * Calls back when the node may have connections again; `isUp` says whether it has.
   *
   * @returns what ends the watching.
   */
  onUp(listener: () => void): () => void {
    return this.#watch(["hostUp", "hostAdd"], listener);
  }

  /**
   * Sends a whole frame (header and body, protocol v4, uncompressed, any stream id). It
   * never rejects, and settles once, `timeoutMs` from now at the latest. Until then the
   * frame must stay as it is and not be sent again anywhere: its bytes 2 and 3 hold the
   * stream id. After that it may be sent again or overwritten, whatever the answer was.
   *
   * @param timeoutMs above 0.
   */
  send(frame: Uint8Array, timeoutMs: number): Promise<Ack> {
    return new Promise((resolve) => this.transmit(frame, timeoutMs, resolve));
  }

  /** As send(), for thousands of frames a second. `onAck` is called later, never at once. */
  transmit(frame: Uint8Array, timeoutMs: number, onAck: OnAck): void {
    const connection = leastBusy(this.#host());
    if (connection === undefined) later(onAck, this.#noConnection());
    else if (connection.protocolVersion !== FRAME_PROTOCOL) {
      later(onAck, wrongProtocol(connection.protocolVersion));
    } else this.#transmit(connection, frame, timeoutMs, onAck);
  }

  /**
   * As send(), of a frame that asks for rows: the RESULT is handed over as it came. It never
   * rejects.
   */
  async read(frame: Uint8Array, timeoutMs: number): Promise<ReadAnswer> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const connection = leastBusy(this.#host());
      if (connection === undefined) return failed(this.#noConnection());
      if (connection.protocolVersion !== FRAME_PROTOCOL) {
        return failed(wrongProtocol(connection.protocolVersion));
      }
      const answer = this.#read(connection, frame, timeoutMs);
      if (answer !== undefined) return answer;
      await setImmediate();
    }
    return failed(notSent(`no stream is free on a connection to ${this.address}`));
  }

  /** Prepares a statement on this node. It never rejects. */
  prepare(query: string): Promise<PrepareAnswer> {
    const connection = leastBusy(this.#host());
    if (connection === undefined) return Promise.resolve(failed(this.#noConnection()));
    return new Promise((resolve) => {
      connection.prepareOnce(query, undefined, (error, response) => {
        if (error) resolve(failed(this.#failureOf(error, connection)));
        else resolve(preparedAnswer(response));
      });
    });
  }

  /** undefined: not sent, and nothing is wrong. */
  #read(
    connection: DriverConnection,
    frame: Uint8Array,
    timeoutMs: number,
  ): Promise<ReadAnswer> | undefined {
    const channel = channelOf(connection);
    if (channel === undefined) return undefined;
    const { promise, resolve } = promised<ReadAnswer>();
    const onBody = (flags: number, body: Uint8Array) => resolve({ kind: "result", flags, body });
    const onEnd: FrameEnd = (error) => resolve(failed(this.#failureOf(error, connection)));
    return channel.send(frame, timeoutMs, onEnd, onBody) ? promise : undefined;
  }

  #transmit(
    connection: DriverConnection,
    frame: Uint8Array,
    timeoutMs: number,
    onAck: OnAck,
  ): void {
    const size = frame.byteLength;
    this.#requests += 1;
    this.#bytes += size;
    const onEnd: FrameEnd = (error, response) => {
      this.#requests -= 1;
      this.#bytes -= size;
      if (error) onAck(failed(this.#failureOf(error, connection)));
      else onAck(doneWith(response?.flags?.warnings));
    };
    if (channelOf(connection)?.send(frame, timeoutMs, onEnd)) return;
    const request = new ReadyFrame(frame, connection);
    connection.sendStream(request, this.#options(timeoutMs), onEnd);
  }

  /** Also tells the driver's pool, as the driver does after its own requests. */
  #failureOf(error: unknown, connection: DriverConnection): WireFailure {
    const failure = classifyFailure(error, isClientTimeout(error));
    if (failure.reason === "client-timeout") this.#host()?.checkHealth(connection);
    if (failure.reason === "connection-lost") this.#host()?.removeFromPool(connection);
    return failure;
  }

  #host(): DriverHost | undefined {
    return currentHost(this.#client, this.address);
  }

  #noConnection(): WireFailure {
    return notSent(`no open connection to ${this.address}`);
  }

  #options(timeoutMs: number): DriverRequestOptions {
    const known = this.#optionsOf.get(timeoutMs);
    if (known !== undefined) return known;
    const options = { getReadTimeout: () => timeoutMs, getRowCallback: () => undefined };
    this.#optionsOf.set(timeoutMs, options);
    return options;
  }

  #watch(events: readonly ("hostDown" | "hostUp" | "hostAdd")[], listener: () => void): () => void {
    const heard = (host: { readonly address: string }) => {
      if (host.address === this.address) listener();
    };
    for (const event of events) this.#client.on(event, heard);
    return () => {
      for (const event of events) this.#client.off(event, heard);
    };
  }
}

function promised<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function doneWith(warnings: readonly string[] | undefined): Ack {
  return warnings === undefined ? done : { kind: "done", warnings };
}

function later(onAck: OnAck, failure: WireFailure): void {
  queueMicrotask(() => onAck(failed(failure)));
}

function failed(failure: WireFailure): { kind: "failed"; failure: WireFailure } {
  return { kind: "failed", failure };
}

function wrongProtocol(version: number): WireFailure {
  const message = `the connection speaks protocol ${version}, the frames are of ${FRAME_PROTOCOL}`;
  return { reason: "protocol-error", code: undefined, message, mayBeApplied: false };
}

function preparedAnswer(response: DriverResponse | null | undefined): PrepareAnswer {
  if (response?.id === undefined || response.meta === undefined) {
    return failed(notSent("the answer to PREPARE has no statement id"));
  }
  const columns = response.meta.columns.map(({ name, type }) => ({
    name,
    type: JSON.stringify([type.code, type.info ?? null]),
  }));
  return { kind: "prepared", id: response.id, columns };
}
