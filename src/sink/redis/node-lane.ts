import type { Replies } from "../../redis/replies.js";
import { bytesOfNode, replyKind } from "../../redis/replies.js";
import type { LinkEvents, NodeLink } from "../../redis/wire/node-link.js";
import { Fifo } from "./fifo.js";
import { bytesOf, entriesOf, type Parcel } from "./parcel.js";
import type { SkipReason } from "./skip-reason.js";

/** Of a write to the socket, unless a single command has more. */
const CHUNK_BYTES = 65_536;
/** What a rest after "out of memory" lasts: doubled each time it did not help. */
const REST_MS = { first: 500, longest: 30_000 };
/** A stalled process has read no answers either: no more than this counts of one look. */
const MAX_SILENCE_STEP_MS = 250;

export interface LaneOptions {
  /** Bytes on the way to the node at once. */
  readonly maxInFlightBytes: number;
  /** How long a node may be silent while it owes answers. */
  readonly replyTimeoutMs: number;
}

/** An error that came for one command. */
export interface CommandFault {
  readonly lane: NodeLane;
  readonly parcel: Parcel;
  readonly command: number;
  readonly replies: Replies;
  /** Of the replies. */
  readonly node: number;
}

/** What a lane tells of entries; each entry is told of once. */
export interface LaneEvents {
  onSettled(counts: { readonly cached: number; readonly older: number }): void;
  onSkipped(entries: number, reason: SkipReason): void;
  /** The entries of the command are the listener's to settle. */
  onFault(fault: CommandFault): void;
}

/** Commands that went out in one write, and are answered in order. */
interface Flight {
  readonly parcel: Parcel;
  /** The first one not answered yet. */
  next: number;
  readonly end: number;
}

/** The way to one node: what waits for it, and what it has not answered yet. */
export class NodeLane {
  /** `host:port` */
  readonly node: string;
  readonly #options: LaneOptions;
  readonly #events: LaneEvents;
  readonly #link: NodeLink;
  readonly #waiting = new Fifo<Parcel>();
  /** Commands of the first waiting parcel that went out. */
  #sent = 0;
  readonly #flights = new Fifo<Flight>();
  #state: "opening" | "up" | "down" | "closed" = "opening";
  #isBlocked = false;
  #waitingBytes = 0;
  #inFlightBytes = 0;
  #writtenBytes = 0;
  #restMs = 0;
  #restUntilMs = 0;
  #silenceMs = 0;
  #lastLookMs = 0;
  /** Why the connection is dropped, where it is the lane that drops it. */
  #downReason: SkipReason | undefined;

  constructor(
    node: string,
    {
      openLink,
      events,
      options,
    }: {
      openLink: (events: LinkEvents) => NodeLink;
      events: LaneEvents;
      options: LaneOptions;
    },
  ) {
    this.node = node;
    this.#options = options;
    this.#events = events;
    this.#link = openLink({
      onUp: () => this.#up(),
      onDown: () => this.#down(),
      onReplies: (replies) => this.#read(replies),
      onDrain: () => {
        this.#isBlocked = false;
        this.#pump();
      },
    });
    this.#link.open();
  }

  /** Bytes that wait or are on their way. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.#inFlightBytes;
  }

  /** Bytes given to the socket so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  /** Why it takes nothing now; undefined: it does. A lane that is being opened does. */
  refusal(nowMs: number): SkipReason | undefined {
    if (this.#state === "down" || this.#state === "closed") return "node-down";
    return nowMs < this.#restUntilMs ? "out-of-memory" : undefined;
  }

  /** Takes commands, whatever refusal() says: where the node is down they are skipped. */
  send(parcel: Parcel): void {
    if (this.#state === "down" || this.#state === "closed") {
      this.#skip(entriesOf(parcel, 0, parcel.commands), "node-down");
      return;
    }
    this.#waiting.push(parcel);
    this.#waitingBytes += parcel.bytes.length;
    this.#pump();
  }

  /** Gives the node a rest: what waits is skipped, and refusal() says so for a while. */
  rest(nowMs: number): void {
    if (nowMs < this.#restUntilMs) return;
    this.#restMs = Math.min(this.#restMs === 0 ? REST_MS.first : 2 * this.#restMs, REST_MS.longest);
    this.#restUntilMs = nowMs + this.#restMs;
    this.#skipWaiting("out-of-memory");
  }

  /** To be called several times a second. */
  look(nowMs: number): void {
    const stepMs = Math.min(nowMs - this.#lastLookMs, MAX_SILENCE_STEP_MS);
    this.#lastLookMs = nowMs;
    // What waits counts, too, where no connection comes about.
    const owes =
      this.#flights.length > 0 || (this.#state === "opening" && this.#waiting.length > 0);
    this.#silenceMs = owes ? this.#silenceMs + stepMs : 0;
    if (this.#silenceMs > this.#options.replyTimeoutMs) this.drop("timeout");
  }

  /** Gives up all it has, and the connection with it: its answers could not be matched. */
  drop(reason: SkipReason): void {
    if (this.#state === "closed") return;
    this.#downReason = reason;
    this.#link.reset();
    this.#down();
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#downReason = "closed";
    this.#down();
    this.#state = "closed";
    this.#link.close();
  }

  #up(): void {
    if (this.#state === "closed") return;
    this.#state = "up";
    this.#downReason = undefined;
    this.#isBlocked = false;
    this.#silenceMs = 0;
    this.#pump();
  }

  #down(): void {
    if (this.#state === "closed") return;
    this.#state = "down";
    this.#silenceMs = 0;
    const reason = this.#downReason;
    this.#inFlightBytes = 0;
    for (const { parcel, next, end } of this.#flights.clear()) {
      this.#skip(entriesOf(parcel, next, end), reason ?? "connection-lost");
    }
    this.#skipWaiting(reason ?? "node-down");
  }

  #skipWaiting(reason: SkipReason): void {
    let begin = this.#sent;
    this.#sent = 0;
    this.#waitingBytes = 0;
    for (const parcel of this.#waiting.clear()) {
      this.#skip(entriesOf(parcel, begin, parcel.commands), reason);
      begin = 0;
    }
  }

  #skip(entries: number, reason: SkipReason): void {
    if (entries > 0) this.#events.onSkipped(entries, reason);
  }

  #pump(): void {
    while (
      this.#state === "up" &&
      !this.#isBlocked &&
      this.#inFlightBytes < this.#options.maxInFlightBytes
    ) {
      const parcel = this.#waiting.first;
      if (parcel === undefined) return;
      this.#write(parcel);
    }
  }

  #write(parcel: Parcel): void {
    const begin = this.#sent;
    const end = chunkEnd(parcel, begin);
    const bytes = parcel.bytes.subarray(parcel.offsets[begin], parcel.offsets[end]);
    if (end === parcel.commands) {
      this.#waiting.shift();
      this.#sent = 0;
    } else {
      this.#sent = end;
    }
    this.#flights.push({ parcel, next: begin, end });
    this.#waitingBytes -= bytes.length;
    this.#inFlightBytes += bytes.length;
    this.#writtenBytes += bytes.length;
    this.#isBlocked = !this.#link.write(bytes);
  }

  #read(replies: Replies): void {
    // Of a connection that was given up, and is not closed yet.
    if (this.#state !== "up") return;
    this.#silenceMs = 0;
    if (replies.others.length === 0) this.#settleAll(replies);
    else for (let i = 0; i < replies.count; i++) this.#settleOne(replies, i);
    this.#pump();
  }

  /** Nothing but numbers of written entries. */
  #settleAll({ count, integerSum }: Replies): void {
    if (count === 0) return;
    let entries = 0;
    for (let rest = count; rest > 0; ) {
      const flight = this.#flights.first;
      if (flight === undefined) break;
      const end = Math.min(flight.next + rest, flight.end);
      rest -= end - flight.next;
      entries += entriesOf(flight.parcel, flight.next, end);
      this.#answered(flight, end);
    }
    this.#restMs = 0;
    this.#events.onSettled({ cached: integerSum, older: entries - integerSum });
  }

  #settleOne(replies: Replies, reply: number): void {
    const flight = this.#flights.first;
    // An answer to nothing: RESP knows none.
    if (flight === undefined) return;
    const { parcel, next } = flight;
    const entries = entriesOf(parcel, next, next + 1);
    const node = replies.starts[reply] ?? 0;
    this.#answered(flight, next + 1);
    if (entries === 0) return;
    switch (replies.kinds[node]) {
      case replyKind.integer: {
        const cached = Number(replies.values[node] ?? 0n);
        this.#events.onSettled({ cached, older: entries - cached });
        return;
      }
      case replyKind.bulk:
        this.#settleMarks(bytesOfNode(replies, node) ?? new Uint8Array(0), entries);
        return;
      case replyKind.error:
        this.#events.onFault({ lane: this, parcel, command: next, replies, node });
        return;
      default:
        this.#skip(entries, "refused");
    }
  }

  /** One byte an entry: src/redis/put-function.ts. */
  #settleMarks(marks: Uint8Array, entries: number): void {
    const count = (mark: string) => marks.filter((byte) => byte === mark.charCodeAt(0)).length;
    const [cached, older, others] = [count("1"), count("0"), count("t")];
    this.#events.onSettled({ cached, older });
    this.#skip(others, "wrong-type");
    this.#skip(entries - cached - older - others, "refused");
  }

  #answered(flight: Flight, end: number): void {
    this.#inFlightBytes -= bytesOf(flight.parcel, flight.next, end);
    flight.next = end;
    if (end === flight.end) this.#flights.shift();
  }
}

/** As many commands as fit into a chunk, one at least. */
function chunkEnd({ offsets, commands }: Parcel, begin: number): number {
  const limit = (offsets[begin] ?? 0) + CHUNK_BYTES;
  let [low, high] = [begin + 1, commands];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((offsets[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
