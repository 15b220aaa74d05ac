import type { Redis } from "ioredis";
import type { Replies } from "../replies.js";

/** What a link tells of its node. */
export interface LinkEvents {
  /** What is written now reaches a server that has what puts entries. */
  onUp(): void;
  /**
   * Not connected: what was written and not answered never will be. Told for each attempt to
   * connect that fails, too.
   */
  onDown(): void;
  /** Answers, in the order of the commands; they are good until this returns. */
  onReplies(replies: Replies): void;
  /** More may be written. */
  onDrain(): void;
}

export interface LinkOptions {
  /** Not opened yet, and the link's alone from now on. */
  readonly client: Redis;
  /** Run over each connection before it is up. */
  readonly prepare: (client: Redis) => Promise<void>;
  readonly events: LinkEvents;
}

/** A connection to one node that takes commands as bytes, and comes back by itself. */
export interface NodeLink {
  open(): void;
  /**
   * Sends whole commands. Only between onUp and onDown.
   *
   * @param bytes stay as they are until all answers came or the link is down
   * @returns false: wait for onDrain before more is written
   */
  write(bytes: Uint8Array): boolean;
  /** Drops the connection now: onDown follows, and another attempt. */
  reset(): void;
  /** Ends it for good; nothing is told any more. */
  close(): void;
}
