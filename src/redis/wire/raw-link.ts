import { ReplyReader } from "../reply-reader.js";
import { type RawSocket, takeOver } from "./ioredis-internals.js";
import { LinkLife } from "./link-life.js";
import type { LinkEvents, LinkOptions, NodeLink } from "./node-link.js";

/** Writes to ioredis' own socket, and reads the answers natively. */
export class RawLink implements NodeLink {
  readonly #life: LinkLife;
  readonly #events: LinkEvents;
  readonly #client: LinkOptions["client"];
  #socket: RawSocket | undefined;

  constructor(options: LinkOptions) {
    this.#client = options.client;
    this.#events = {
      ...forward(options.events),
      onDown: () => {
        this.#socket = undefined;
        options.events.onDown();
      },
    };
    this.#life = new LinkLife({ ...options, events: this.#events }, () => this.#takeOver());
  }

  open(): void {
    this.#life.open();
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket?.write(bytes) ?? false;
  }

  reset(): void {
    if (this.#socket === undefined) this.#life.reset();
    else this.#socket.destroy();
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#life.close();
  }

  #takeOver(): void {
    const { epoch } = this.#life;
    const reader = new ReplyReader();
    this.#socket = takeOver(this.#client, {
      onData: (chunk) => {
        if (epoch === this.#life.epoch) this.#read(reader, chunk);
      },
      onDrain: () => {
        if (epoch === this.#life.epoch) this.#events.onDrain();
      },
    });
    if (this.#socket === undefined) this.#life.reset();
    else this.#events.onUp();
  }

  #read(reader: ReplyReader, bytes: Uint8Array): void {
    const chunk = reader.push(bytes);
    this.#events.onReplies(chunk);
    // What follows cannot be matched to commands.
    if (chunk.fault !== undefined) this.reset();
  }
}

function forward(events: LinkEvents): LinkEvents {
  return {
    onUp: () => events.onUp(),
    onDown: () => events.onDown(),
    onReplies: (replies) => events.onReplies(replies),
    onDrain: () => events.onDrain(),
  };
}
