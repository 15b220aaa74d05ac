import type { Resend } from "./parcel.js";
import type { SkipReason } from "./skip-reason.js";

/** A command is sent this often at most, the first time included. */
export const MAX_ATTEMPTS = 9;

/** Before the second attempt; doubled for each one after it. */
const FIRST_DELAY_MS = 20;
/** Of commands that wait to be sent again: beyond it they are skipped. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A command that is to be sent again, and where to. */
export interface Redelivered extends Resend {
  /** What it counts as when it is not sent again. */
  readonly reason: SkipReason;
  /** A node by name, for this time; undefined: whoever has the slot. */
  readonly node: string | undefined;
  /** The node has the slot on trial: ASKING goes before it. */
  readonly isAsking: boolean;
}

/** Commands that wait for their next attempt. */
export class Redelivery {
  readonly #random: () => number;
  #items: { readonly item: Redelivered; readonly dueMs: number }[] = [];
  #bytes = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns false: it was sent often enough, or too many wait */
  add(item: Redelivered, nowMs: number): boolean {
    if (item.attempts >= MAX_ATTEMPTS || this.#bytes >= MAX_BYTES) return false;
    // A redirection is followed at once, unless it has led nowhere several times.
    const delayMs =
      item.node !== undefined && item.attempts <= 3 ? 0 : this.#delayMs(item.attempts);
    this.#items.push({ item, dueMs: nowMs + delayMs });
    this.#bytes += item.bytes.length;
    return true;
  }

  /** Takes what is due. */
  due(nowMs: number): Redelivered[] {
    const due = this.#items.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return [];
    this.#items = this.#items.filter(({ dueMs }) => dueMs > nowMs);
    for (const { item } of due) this.#bytes -= item.bytes.length;
    return due.map(({ item }) => item);
  }

  /** Takes all. */
  clear(): Redelivered[] {
    return this.due(Number.POSITIVE_INFINITY);
  }

  /** Half of it by chance, so that those who failed together do not come back together. */
  #delayMs(attempts: number): number {
    return FIRST_DELAY_MS * 2 ** (attempts - 1) * (0.5 + this.#random());
  }
}
