import type { Redis } from "ioredis";
import type { LinkOptions } from "./node-link.js";

/** How one connection of a client begins and ends: what both kinds of links have in common. */
export class LinkLife {
  readonly #client: Redis;
  readonly #prepare: (client: Redis) => Promise<void>;
  readonly #onConnected: () => void;
  readonly #onDown: () => void;
  /** Counts connections, so that what belongs to an earlier one is known. */
  #epoch = 0;
  #isClosed = false;

  /** @param onConnected prepared and idle: the link is to say that it is up, or to reset */
  constructor({ client, prepare, events }: LinkOptions, onConnected: () => void) {
    this.#client = client;
    this.#prepare = prepare;
    this.#onConnected = onConnected;
    this.#onDown = () => events.onDown();
    client.on("ready", () => {
      this.#connected().catch(() => this.reset());
    });
    client.on("close", () => this.#ended());
  }

  /** Of the present connection. */
  get epoch(): number {
    return this.#epoch;
  }

  open(): void {
    this.#client.connect().catch(() => undefined);
  }

  /** ioredis closes it, and connects again. */
  reset(): void {
    if (!this.#isClosed) this.#client.disconnect(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#epoch += 1;
    this.#client.disconnect();
  }

  async #connected(): Promise<void> {
    const { epoch } = this;
    try {
      await this.#prepare(this.#client);
    } catch {
      // Told by "close", which this brings about.
      if (epoch === this.#epoch) this.reset();
      return;
    }
    if (epoch === this.#epoch && this.#client.status === "ready") this.#onConnected();
  }

  #ended(): void {
    if (this.#isClosed) return;
    this.#epoch += 1;
    this.#onDown();
  }
}
