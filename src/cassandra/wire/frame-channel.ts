// The short way for ready frames over a connection of the driver: bytes go straight to its
// socket, under stream ids that the driver gives out, and a plain acknowledgement never reaches
// the driver's parser. All other bytes do, so the connection stays the driver's own: its
// requests, heartbeats, errors, warnings and reconnecting are as before. Through the driver's own
// queue and streams a frame took about three times the CPU (bench/cassandra, README).
import {
  type DriverConnection,
  type DriverResponse,
  isBetweenFrames,
  notWritten,
  socketClosed,
  timedOut,
} from "./driver-internals.js";

/** How a frame ended; as the driver's callbacks have it: an error, or an answer. */
export type FrameEnd = (error: unknown, response?: DriverResponse | null) => void;

/** The body of a RESULT, and the flags of its frame; the memory is the receiver's own. */
export type BodyEnd = (flags: number, body: Uint8Array) => void;

interface SentFrame {
  readonly stream: number;
  readonly deadlineMs: number;
  /** null: it timed out, and its stream id waits for the late answer. */
  onEnd: FrameEnd | null;
  /** Takes a RESULT as it is, in place of `onEnd`; undefined: nobody wants it so. */
  readonly onBody: BodyEnd | undefined;
}

/** A RESULT of which some bytes are still to come. */
interface OpenBody {
  readonly sent: SentFrame;
  readonly flags: number;
  readonly bytes: Buffer;
  filled: number;
}

/** Native protocol v4, section 2: version, flags, stream id (2), opcode, length of the body (4). */
const HEADER_BYTES = 9;
const RESULT = 8;
/** Of the flags: the body begins with a list of warnings. */
const WARNING = 0x08;
/** A RESULT of kind Void is nothing but its kind. */
const VOID = 1;
const VOID_BODY_BYTES = 4;
/** Longer ones are left to the driver. */
const MAX_BODY_BYTES = 8192;
/** Of any frame: native protocol v4, section 2.5. Its memory is taken before it has come. */
const MAX_RESULT_BYTES = 256 * 2 ** 20;

const MAX_KNOWN_WARNINGS = 64;

const channels = new WeakMap<DriverConnection, FrameChannel>();

/**
 * @returns undefined while the connection is in the middle of an answer, or its socket is closing:
 *   then the driver's own way is open
 */
export function channelOf(connection: DriverConnection): FrameChannel | undefined {
  const known = channels.get(connection);
  if (known !== undefined) return known;
  if (!isBetweenFrames(connection)) return undefined;
  const channel = new FrameChannel(connection);
  channels.set(connection, channel);
  return channel;
}

export class FrameChannel {
  readonly #connection: DriverConnection;
  readonly #sent = new Map<number, SentFrame>();
  /** The begin of an answer whose rest has not come yet. */
  #rest: Buffer | null = null;
  /** Bytes to come of an answer that is the driver's. */
  #foreignBytes = 0;
  #openBody: OpenBody | null = null;
  readonly #warnings = new Map<string, DriverResponse>();
  #isCorked = false;
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(connection: DriverConnection) {
    this.#connection = connection;
    const { netClient, protocol } = connection;
    netClient.unpipe(protocol);
    netClient.on("data", (chunk: Buffer) => this.#take(chunk));
    netClient.once("close", () => this.#close());
    netClient.resume();
  }

  /**
   * @param frame belongs to the channel until `onEnd`: its stream id is written into it
   * @param onBody is given a RESULT undecoded; anything else goes to `onEnd`
   * @returns false where the driver has no stream id left; `onEnd` is not called then
   */
  send(frame: Uint8Array, timeoutMs: number, onEnd: FrameEnd, onBody?: BodyEnd): boolean {
    const { netClient } = this.#connection;
    if (!netClient.writable) {
      queueMicrotask(() => onEnd(notWritten()));
      return true;
    }
    const stream = this.#connection._getStreamId();
    if (stream === null) return false;
    frame[2] = stream >> 8;
    frame[3] = stream & 0xff;
    const deadlineMs = performance.now() + timeoutMs;
    this.#sent.set(stream, { stream, deadlineMs, onEnd, onBody });
    if (deadlineMs < this.#timerMs) this.#watch(deadlineMs);
    if (!this.#isCorked) this.#cork();
    netClient.write(frame);
    return true;
  }

  /** Frames sent in one go leave by one system call. */
  #cork(): void {
    const { netClient } = this.#connection;
    this.#isCorked = true;
    netClient.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      netClient.uncork();
    });
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = this.#fillBody(bytes, this.#passOn(bytes, 0));
    while (bytes.length - at >= HEADER_BYTES) {
      const next = this.#takeAnswer(bytes, at);
      if (next === undefined) break;
      at = next;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }

  /** @returns where the answer that begins at `at` ends; undefined: its end has to come first */
  #takeAnswer(bytes: Buffer, at: number): number | undefined {
    const end = at + HEADER_BYTES + bytes.readInt32BE(at + 5);
    const sent = this.#sent.get(bytes.readInt16BE(at + 2));
    if (sent?.onBody !== undefined && mayBeBody(bytes, at)) {
      this.#openBody = openBody(sent, bytes, at);
      return this.#fillBody(bytes, at + HEADER_BYTES);
    }
    if (sent !== undefined && mayBePlain(bytes, at)) {
      if (end > bytes.length) return undefined;
      if (this.#acknowledge(sent, bytes, at, end)) return end;
    }
    if (sent !== undefined) this.#leaveToDriver(sent);
    this.#foreignBytes = end - at;
    return this.#passOn(bytes, at);
  }

  /** @returns false where the answer is not what its header promised */
  #acknowledge(sent: SentFrame, bytes: Buffer, at: number, end: number): boolean {
    if (bytes.readInt32BE(end - VOID_BODY_BYTES) !== VOID) return false;
    const isWarned = bytes[at + 1] === WARNING;
    const list = bytes.subarray(at + HEADER_BYTES, end - VOID_BODY_BYTES);
    const response = isWarned ? this.#warned(list) : null;
    if (response === undefined) return false;
    this.#end(sent, null, response);
    this.#connection.freeStreamId({ streamId: sent.stream });
    return true;
  }

  /** A server warns of each batch in much the same words: most were met before. */
  #warned(list: Buffer): DriverResponse | undefined {
    const key = list.toString("latin1");
    const known = this.#warnings.get(key);
    if (known !== undefined) return known;
    const warnings = warningsOf(list);
    if (warnings === undefined) return undefined;
    const response = { flags: { warnings } };
    if (this.#warnings.size === MAX_KNOWN_WARNINGS) this.#warnings.clear();
    this.#warnings.set(key, response);
    return response;
  }

  /** @returns where the driver's answer ends, or the bytes */
  #passOn(bytes: Buffer, at: number): number {
    if (this.#foreignBytes === 0) return at;
    const end = Math.min(bytes.length, at + this.#foreignBytes);
    this.#foreignBytes -= end - at;
    this.#connection.protocol.write(bytes.subarray(at, end));
    return end;
  }

  /** @returns where the open body ends, or the bytes */
  #fillBody(bytes: Buffer, at: number): number {
    const open = this.#openBody;
    if (open === null) return at;
    const end = Math.min(bytes.length, at + open.bytes.length - open.filled);
    bytes.copy(open.bytes, open.filled, at, end);
    open.filled += end - at;
    if (open.filled < open.bytes.length) return end;
    this.#openBody = null;
    this.#endBody(open);
    return end;
  }

  #endBody({ sent, flags, bytes }: OpenBody): void {
    this.#sent.delete(sent.stream);
    if (sent.onEnd === null) this.#connection.timedOutOperations -= 1;
    else sent.onBody?.(flags, bytes);
    this.#connection.freeStreamId({ streamId: sent.stream });
  }

  /** An error, or an answer with warnings: the driver reads it, and frees its stream id. */
  #leaveToDriver(sent: SentFrame): void {
    this.#connection._operations.set(sent.stream, {
      setResult: (error, response) => this.#end(sent, error, response),
      isByRow: () => false,
    });
  }

  #end(sent: SentFrame, error: unknown = null, response?: DriverResponse | null): void {
    this.#sent.delete(sent.stream);
    if (sent.onEnd === null) this.#connection.timedOutOperations -= 1;
    else sent.onEnd(error, response);
  }

  #watch(deadlineMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerMs = deadlineMs;
    const waitMs = Math.max(1, Math.ceil(deadlineMs - performance.now()));
    this.#timer = setTimeout(() => this.#expire(), waitMs);
  }

  #expire(): void {
    [this.#timer, this.#timerMs] = [null, Number.POSITIVE_INFINITY];
    const nowMs = performance.now();
    const waiting = [...this.#sent.values()].filter(({ onEnd }) => onEnd !== null);
    const late = waiting.filter(({ deadlineMs }) => deadlineMs <= nowMs);
    const next = Math.min(
      ...waiting.map(({ deadlineMs }) => deadlineMs).filter((ms) => ms > nowMs),
    );
    if (next !== Number.POSITIVE_INFINITY) this.#watch(next);
    if (late.length === 0) return;
    // What still waits to be written is the caller's again from now on.
    if (this.#connection.netClient.writableLength > 0) this.#connection.netClient.destroy();
    for (const sent of late) {
      const { onEnd } = sent;
      sent.onEnd = null;
      this.#connection.timedOutOperations += 1;
      onEnd?.(timedOut(this.#connection.endpoint));
    }
  }

  #close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const waiting = [...this.#sent.values()];
    this.#sent.clear();
    for (const { onEnd } of waiting) onEnd?.(socketClosed());
  }
}

function mayBeBody(bytes: Buffer, at: number): boolean {
  const length = bytes.readInt32BE(at + 5);
  return bytes[at + 4] === RESULT && length >= 0 && length <= MAX_RESULT_BYTES;
}

function openBody(sent: SentFrame, bytes: Buffer, at: number): OpenBody {
  const body = Buffer.allocUnsafeSlow(bytes.readInt32BE(at + 5));
  return { sent, flags: bytes[at + 1] ?? 0, bytes: body, filled: 0 };
}

/** Whether the answer is a RESULT with warnings at most, short enough to wait for its end. */
function mayBePlain(bytes: Buffer, at: number): boolean {
  if (bytes[at + 4] !== RESULT) return false;
  const length = bytes.readInt32BE(at + 5);
  const flags = bytes[at + 1];
  if (flags === 0) return length === VOID_BODY_BYTES;
  return flags === WARNING && length >= VOID_BODY_BYTES + 2 && length <= MAX_BODY_BYTES;
}

/** A [string list]: how many, and each with its length in bytes; undefined: it is none. */
function warningsOf(list: Buffer): string[] | undefined {
  const warnings: string[] = [];
  let at = 2;
  for (let left = list.readUInt16BE(0); left > 0; left -= 1) {
    if (at + 2 > list.length) return undefined;
    const end = at + 2 + list.readUInt16BE(at);
    warnings.push(list.toString("utf8", at + 2, end));
    at = end;
  }
  return at === list.length ? warnings : undefined;
}
