// Everything that touches a member ioredis does not document is in this file.
// The members, and why each may be relied on in SUPPORTED_IOREDIS, are described in the
// interfaces below; test/redis/wire/ fails, naming the member, when one changes.
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { Redis } from "ioredis";

/** The one version whose internals were read and tested. */
export const SUPPORTED_IOREDIS = "5.11.1";

/** built/Redis.js */
interface RedisMembers {
  /** The socket, in TLS the encrypted one, from before "connect" on; another after reconnecting. */
  readonly stream: Socket;
  /** What was sent and not answered. Nothing else matches an answer to its command. */
  readonly commandQueue: { readonly length: number };
  /** What waits for the connection. */
  readonly offlineQueue: { readonly length: number };
}

/** What becomes of a socket that was taken over. */
export interface SocketEvents {
  onData(chunk: Uint8Array): void;
  /** All that write() has taken went to the system. */
  onDrain(): void;
}

/** An authenticated connection that the caller alone reads and writes. */
export interface RawSocket {
  /** @returns false: wait for onDrain before more is written */
  write(bytes: Uint8Array): boolean;
  /** Closes it at once; ioredis notices, and reconnects. */
  destroy(): void;
}

/** The installed version, as its package says. */
export function ioredisVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)("ioredis/package.json");
  return version;
}

/** Whether sockets of this ioredis can be taken over; otherwise its public API has to do. */
export function canTakeOver(version: string = ioredisVersion()): boolean {
  return version === SUPPORTED_IOREDIS;
}

/** Every member used, of a connected client, that is not what it should be. */
export function unfitMembers(client: Redis): string[] {
  const { stream, commandQueue, offlineQueue } = client as unknown as Partial<RedisMembers>;
  const readers = stream?.listenerCount?.("data");
  return [
    fault("Redis.stream.write", typeof stream?.write, "function"),
    fault("Redis.stream.destroy", typeof stream?.destroy, "function"),
    fault("Redis.commandQueue.length", typeof commandQueue?.length, "number"),
    fault("Redis.offlineQueue.length", typeof offlineQueue?.length, "number"),
    // DataHandler's, which connectHandler() of built/redis/event_handler.js sets up.
    fault('Redis.stream.listenerCount("data")', `${readers}`, "1"),
  ].filter((text) => text !== "");
}

function fault(name: string, found: string, expected: string): string {
  return found === expected ? "" : `${name} is ${found}, expected ${expected}`;
}

/**
 * Takes the socket of a client that is ready and idle. From then on ioredis reads nothing from it,
 * so nobody may send a command over the client until its next "ready", which is on another socket:
 * ioredis still notices errors and the end of this one, and reconnects.
 *
 * @returns undefined where a command is under way, or a member is not what it should be
 */
export function takeOver(client: Redis, events: SocketEvents): RawSocket | undefined {
  if (unfitMembers(client).length > 0) return undefined;
  const { stream, commandQueue, offlineQueue } = client as unknown as RedisMembers;
  if (commandQueue.length > 0 || offlineQueue.length > 0) return undefined;
  stream.removeAllListeners("data");
  stream.on("data", (chunk: Uint8Array) => events.onData(chunk));
  stream.on("drain", () => events.onDrain());
  // ioredis listens for the first error alone.
  stream.on("error", () => undefined);
  return {
    write: (bytes) => stream.write(bytes),
    destroy: () => {
      stream.destroy();
    },
  };
}
