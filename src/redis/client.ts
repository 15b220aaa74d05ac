import { Redis, type RedisOptions } from "ioredis";
import { tlsOptions } from "../endpoint/tls-context.js";
import { nodeName, type RedisHost } from "./redis-hosts.js";
import type { RedisTarget } from "./redis-url.js";
import type { RedisCredentials } from "./secrets.js";
import { connectFailure } from "./session-errors.js";

/** A server that is up answers within this, even a busy one across an ocean. */
const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** A closed connection whose other end does not answer is given up after this. */
const DISCONNECT_TIMEOUT_MS = 250;
/** A server that comes back is to be used soon. */
const RECONNECT_MS = { first: 100, longest: 5_000 };

/** How a client goes on when its connection ends: milliseconds to wait, null: not at all. */
export type Retry = (attempt: number) => number | null;

/** Waits longer each time, and never as long as the neighbours do. */
export const keepTrying: Retry = (attempt) => {
  const delayMs = Math.min(
    RECONNECT_MS.first * 2 ** Math.min(attempt - 1, 10),
    RECONNECT_MS.longest,
  );
  return Math.ceil(delayMs * (0.75 + Math.random() / 2));
};

export const giveUp: Retry = () => null;

/**
 * Makes clients for the servers of a target. It keeps the password where inspection doesn't see
 * it; the clients themselves do show it, so they stay in private fields, too.
 */
export class ClientFactory {
  readonly #target: RedisTarget;
  readonly #credentials: RedisCredentials | undefined;
  readonly #common: RedisOptions;

  /** @throws OctoloadError REDIS_TLS */
  constructor(target: RedisTarget, credentials: RedisCredentials | undefined) {
    this.#target = target;
    this.#credentials = credentials;
    this.#common = {
      ...credentials?.reveal(),
      ...(target.tls === null
        ? {}
        : {
            tls: tlsOptions(
              target.tls,
              target.hosts.map(({ host }) => host),
              "REDIS_TLS",
            ),
          }),
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      lazyConnect: true,
      // Its check is an INFO, and where that is not allowed it writes to the console.
      enableReadyCheck: false,
      disableClientInfo: true,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      keepAlive: 30_000,
    };
  }

  /** For what is not of a single server. */
  get commonOptions(): RedisOptions {
    return this.#common;
  }

  /** A client of one server, not connected yet. Its errors are told by its promises. */
  client({ host, port }: RedisHost, retry: Retry): Redis {
    const client = new Redis({
      ...this.#common,
      host,
      port,
      db: this.#target.database,
      retryStrategy: retry,
    });
    // Without a listener ioredis writes them to the console.
    client.on("error", () => undefined);
    return client;
  }

  /**
   * A connected client of one server that has accepted user, password and database. It doesn't
   * reconnect.
   *
   * @throws OctoloadError REDIS_*
   */
  async connect(host: RedisHost): Promise<Redis> {
    const client = this.client(host, giveUp);
    // What the promises say is that the connection ended; what was the matter came before.
    const failures: unknown[] = [];
    client.on("error", (error) => failures.push(error));
    try {
      await client.connect();
      // Answered after AUTH and SELECT, which ioredis sends by itself.
      await client.call("INFO", "server");
      if (failures.length > 0) throw failures[0];
      return client;
    } catch (error) {
      client.disconnect();
      throw this.failure(failures[0] ?? error, nodeName(host));
    }
  }

  /** What a client threw, as one of octoload's errors. */
  failure(error: unknown, place: string): Error {
    const facts = { place, credentials: this.#credentials, isTls: this.#target.tls !== null };
    return connectFailure(error, facts);
  }
}
