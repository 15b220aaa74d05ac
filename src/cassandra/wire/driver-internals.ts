// Everything that touches a member cassandra-driver does not document is in this file.
// The members, and why each may be relied on in SUPPORTED_DRIVER, are described in the
// interfaces below; test/cassandra-wire/ fails, naming the member, when one changes.
import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import cassandra, { type Client, type Host } from "cassandra-driver";
import { OctoloadError } from "../../errors/octoload-error.js";

/** The one version whose internals were read and tested. */
export const SUPPORTED_DRIVER = "4.10.0";

/** The protocol the ready frames are written in. */
export const FRAME_PROTOCOL = 4;

/** What WriteQueue.process() asks of a request, once, right before it writes to the socket. */
export interface DriverRequest {
  /**
   * Returns the frame's bytes. The driver copies them (Buffer.concat) before it yields, and
   * it doesn't call this at all for a request that timed out while it was queued: so the
   * bytes belong to the caller again as soon as the request has been answered.
   * What it throws goes to that request's callback alone.
   */
  write(encoder: unknown, streamId: number): Uint8Array;
}

/** The two of ExecutionOptions that sendStream() and OperationState read. */
export interface DriverRequestOptions {
  getReadTimeout(): number;
  getRowCallback(): undefined;
}

/** RESULT as lib/streams.js pushes it; `id` and `meta` of a PREPARE only. */
export interface DriverResponse {
  readonly flags?: { readonly warnings?: readonly string[] };
  readonly id?: Buffer;
  readonly meta?: {
    readonly columns: readonly { readonly name: string; readonly type: DriverType }[];
  };
}

export interface DriverType {
  readonly code: number;
  readonly info: unknown;
}

export type DriverCallback = (error: unknown, response?: DriverResponse | null) => void;

/** lib/connection.js */
export interface DriverConnection extends EventEmitter {
  /** STARTUP and authentication succeeded and the socket has not closed since. */
  readonly connected: boolean;
  readonly protocolVersion: number;
  /** Takes a stream id (or queues), starts the timeout and calls back exactly once. */
  sendStream(
    request: DriverRequest,
    options: DriverRequestOptions | null,
    callback: DriverCallback,
  ): unknown;
  /** Sends PREPARE; concurrent calls for one query share one request. */
  prepareOnce(query: string, keyspace: string | undefined, callback: DriverCallback): void;
  /** Stream ids in use, those of requests that timed out included. */
  getInFlight(): number;
  /** `ip:port` */
  readonly endpoint: string;
  /** Or a TLS socket; the driver pipes it into `protocol`. Open while `connected`. */
  readonly netClient: Socket;
  readonly protocol: DriverProtocol;
  /** Who is called with the answer of a stream id, once the driver has parsed it. */
  readonly _operations: Map<number, DriverOperation>;
  /** checkHealth() compares it with `defunctReadTimeoutThreshold`. */
  timedOutOperations: number;
  /** @returns null where all are in use */
  _getStreamId(): number | null;
  /** Also lets a request go that waited for a stream id. */
  freeStreamId(header: { readonly streamId: number }): void;
}

/** lib/operation-state.js, as handleResult() and the parser need it. */
export interface DriverOperation {
  setResult(error: unknown, response?: DriverResponse | null): void;
  isByRow(): boolean;
}

/** lib/streams.js, Protocol: cuts bytes into answers, of which it may hold a part. */
export interface DriverProtocol extends Writable {
  readonly header?: unknown;
  readonly headerChunks: { readonly byteLength: number };
}

/** lib/host-connection-pool.js; the array is replaced, never changed. */
export interface DriverPool {
  readonly connections: readonly DriverConnection[];
}

/** The members of lib/host.js that its type declarations leave out. */
export interface DriverHost extends Host {
  readonly pool: DriverPool;
  /** To be told of each client timeout: above `defunctReadTimeoutThreshold` it closes. */
  checkHealth(connection: DriverConnection): void;
  /** To be told of each socket error: no further request takes that connection. */
  removeFromPool(connection: DriverConnection): void;
  /** Closes the pool for good: no connection, no timer, no reconnecting. */
  shutdown(waitForPending: boolean): Promise<void>;
}

/**
 * Refuses a driver whose internals are not the ones known here.
 *
 * @throws OctoloadError CASSANDRA_DRIVER_VERSION.
 */
export function requireSupportedDriver(version: unknown = cassandra.version): void {
  if (version === SUPPORTED_DRIVER) return;
  throw new OctoloadError(
    "CASSANDRA_DRIVER_VERSION",
    `cassandra-driver is ${String(version)}, and prebuilt frames need exactly ${SUPPORTED_DRIVER}`,
  );
}

/** Every member used of a host and its connections that is not what it should be. */
export function unfitMembers(host: Host): string[] {
  const { pool, checkHealth, removeFromPool, shutdown } = host as DriverHost;
  const faults = [
    fault("Host.checkHealth", checkHealth, "function"),
    fault("Host.removeFromPool", removeFromPool, "function"),
    fault("Host.shutdown", shutdown, "function"),
    Array.isArray(pool?.connections) ? "" : "Host.pool.connections is not an array",
  ];
  for (const connection of pool?.connections ?? []) {
    faults.push(
      fault("Connection.sendStream", connection.sendStream, "function"),
      fault("Connection.prepareOnce", connection.prepareOnce, "function"),
      fault("Connection.getInFlight", connection.getInFlight, "function"),
      fault("Connection.connected", connection.connected, "boolean"),
      fault("Connection.protocolVersion", connection.protocolVersion, "number"),
      fault("Connection.endpoint", connection.endpoint, "string"),
      fault("Connection.netClient.cork", connection.netClient?.cork, "function"),
      fault("Connection.netClient.unpipe", connection.netClient?.unpipe, "function"),
      fault("Connection.protocol.write", connection.protocol?.write, "function"),
      fault("Connection.protocol.headerChunks", connection.protocol?.headerChunks, "object"),
      fault("Connection._operations.set", connection._operations?.set, "function"),
      fault("Connection.timedOutOperations", connection.timedOutOperations, "number"),
      fault("Connection._getStreamId", connection._getStreamId, "function"),
      fault("Connection.freeStreamId", connection.freeStreamId, "function"),
    );
  }
  return faults.filter((text) => text !== "");
}

function fault(name: string, value: unknown, type: string): string {
  const found = typeof value;
  return found === type ? "" : `${name} is ${found}, expected ${type}`;
}

/**
 * Checks all the members used, of a node's connections too.
 *
 * @param address as the driver spells it: `ip:port`.
 * @throws OctoloadError CASSANDRA_DRIVER_VERSION, CASSANDRA_NODE_UNKNOWN.
 */
export function requireDriverHost(client: Client, address: string): void {
  requireSupportedDriver();
  const host = currentHost(client, address);
  if (host === undefined) {
    throw new OctoloadError(
      "CASSANDRA_NODE_UNKNOWN",
      `no node ${address} in the cluster: ${client.hosts?.keys().join(", ") || "not connected"}`,
    );
  }
  const faults = unfitMembers(host);
  if (faults.length === 0) return;
  throw new OctoloadError("CASSANDRA_DRIVER_VERSION", `cassandra-driver: ${faults.join("; ")}`);
}

/**
 * The node's host object, to be asked for each time: when all connections of all nodes are
 * lost, the driver makes a new one for the node it reaches first.
 */
export function currentHost(client: Client, address: string): DriverHost | undefined {
  return client.hosts?.get(address) as DriverHost | undefined;
}

const guarded = new WeakSet<Client>();

/**
 * Closes the host objects that the driver replaces: left alone, they go on connecting to
 * their node, even after client.shutdown(), and keep the process from ending.
 */
export function closeReplacedHosts(client: Client): void {
  if (guarded.has(client)) return;
  guarded.add(client);
  client.on("hostRemove", (host: DriverHost) => {
    // Of a node that left the cluster, the driver itself closes the pool, after its requests.
    if (currentHost(client, host.address) === undefined) return;
    host.shutdown(false).catch(() => undefined);
  });
}

/** The open connection with the fewest requests on it. */
export function leastBusy(host: DriverHost | undefined): DriverConnection | undefined {
  let best: DriverConnection | undefined;
  for (const connection of host?.pool.connections ?? []) {
    if (!connection.connected) continue;
    if (best === undefined || connection.getInFlight() < best.getInFlight()) best = connection;
  }
  return best;
}

/** A frame made ready elsewhere, as the driver takes requests. */
export class ReadyFrame implements DriverRequest {
  readonly #bytes: Uint8Array;
  readonly #connection: DriverConnection;

  constructor(bytes: Uint8Array, connection: DriverConnection) {
    this.#bytes = bytes;
    this.#connection = connection;
  }

  write(_encoder: unknown, streamId: number): Uint8Array {
    // Without this check the frame would wait for its timeout: the driver fails what was
    // in flight when a socket closes, and writes what was still queued into the dead socket.
    if (!this.#connection.connected) throw notWritten();
    this.#bytes[2] = streamId >> 8;
    this.#bytes[3] = streamId & 0xff;
    return this.#bytes;
  }
}

/** Whether the driver has all of each answer that it has begun to read. */
export function isBetweenFrames({ connected, netClient, protocol }: DriverConnection): boolean {
  if (!connected || !netClient.writable || protocol.writableLength > 0) return false;
  return !protocol.header && protocol.headerChunks.byteLength === 0;
}

export function notWritten(): Error {
  const marks = { isSocketError: true, requestNotWritten: true };
  return Object.assign(new Error("the connection closed before the frame was written"), marks);
}

/** As the driver marks what was in flight when a socket closed. */
export function socketClosed(): Error {
  return Object.assign(new Error("Socket was closed"), { isSocketError: true });
}

/** @param endpoint `ip:port` */
export function timedOut(endpoint: string): Error {
  return new cassandra.errors.OperationTimedOutError(
    "The host did not reply before the frame's timeout",
    endpoint,
  );
}

export function isClientTimeout(error: unknown): boolean {
  return error instanceof cassandra.errors.OperationTimedOutError;
}
