import { requireArray, requireSize } from "../encoding/arrays.js";
import { engine } from "../encoding/kernel.js";
import { callNative } from "../encoding/native-call.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { ReplyReaderHandle } from "../native/handles.js";
import type { Replies } from "./replies.js";

export interface ReplyReaderOptions {
  /** Of a single reply, 1 to 2^30; 16 MiB unless given. */
  readonly maxReplyBytes?: number;
}

/** What a chunk brought. */
export interface Chunk extends Replies {
  /** Why reading stopped: REDIS_PROTOCOL. The replies are those before it, and the last ones. */
  readonly fault: OctoloadError | undefined;
}

const DEFAULT_MAX_REPLY_BYTES = 2 ** 24;
const MAX_REPLY_BYTES = 2 ** 30;

/** Of pushReplies' counts. */
const COUNTS = 8;

/** native/resp/reply_reader.h, ReplyFault. */
const faults: readonly string[] = [
  "",
  "a reply of RESP2: a byte that begins none came",
  "lines that end with \\r\\n: one of the two came alone",
  "a number or a length of 64 bits: something else came",
  "\\r\\n behind a bulk string: something else came",
  "arrays at most 8 deep: deeper ones came",
  "a smaller reply: it is beyond the limits",
];

/**
 * Reads the replies of one connection (RESP2), natively. Whatever the chunks, the replies are the
 * same. What a chunk brought lies in the reader's memory: it is good until the next push.
 */
export class ReplyReader {
  readonly #reader: ReplyReaderHandle;
  readonly #counts = new Float64Array(COUNTS);
  #tables = makeTables(64, 1024);

  /** @throws OctoloadError ARG_RANGE. */
  constructor({ maxReplyBytes = DEFAULT_MAX_REPLY_BYTES }: ReplyReaderOptions = {}) {
    requireSize("maxReplyBytes", maxReplyBytes, MAX_REPLY_BYTES);
    this.#reader = engine().addon.createReplyReader(maxReplyBytes);
  }

  /** Bytes there are of the reply that has not ended. */
  get pendingBytes(): number {
    return this.#counts[5] ?? 0;
  }

  /**
   * Reads on; the chunk is copied. After a fault nothing more is read, and every chunk brings that
   * same fault: the connection is to be closed.
   *
   * @throws OctoloadError ARG_* for what is no Uint8Array of at most 2^30 bytes on memory of its own.
   */
  push(chunk: Uint8Array): Chunk {
    requireArray("chunk", chunk, "Uint8Array");
    const { addon } = engine();
    callNative(addon.pushReplies, {
      args: [this.#reader, chunk, this.#counts, false],
      names: ["", "chunk", "counts"],
      firstOutput: 2,
    });
    const [replies = 0, nodes = 0, bytes = 0, others = 0] = this.#counts;
    this.#reserve(Math.max(nodes, replies) + 1, bytes);
    const tables = this.#tables;
    callNative(addon.copyReplies, {
      args: [this.#reader, ...Object.values(tables), false],
      names: [],
      firstOutput: 1,
    });
    return {
      count: replies,
      integers: replies - others,
      integerSum: this.#counts[4] ?? 0,
      others: tables.others.subarray(0, others),
      starts: tables.starts.subarray(0, replies + 1),
      kinds: tables.kinds.subarray(0, nodes),
      errorKinds: tables.errorKinds.subarray(0, nodes),
      values: tables.values.subarray(0, nodes),
      offsets: tables.offsets.subarray(0, nodes),
      lengths: tables.lengths.subarray(0, nodes),
      bytes: tables.bytes.subarray(0, bytes),
      fault: this.#fault(),
    };
  }

  #reserve(nodes: number, bytes: number): void {
    const { kinds, bytes: text } = this.#tables;
    if (kinds.length >= nodes && text.length >= bytes) return;
    this.#tables = makeTables(larger(kinds.length, nodes), larger(text.length, bytes));
  }

  #fault(): OctoloadError | undefined {
    const [, , , , , , fault = 0, offset = 0] = this.#counts;
    if (fault === 0) return undefined;
    return new OctoloadError(
      "REDIS_PROTOCOL",
      `the server's answers, at byte ${offset}: expected ${faults[fault] ?? "something else"}`,
    );
  }
}

type Tables = Omit<Replies, "count" | "integers" | "integerSum">;

/** In the order of copyReplies' arguments. */
function makeTables(nodes: number, bytes: number): Tables {
  return {
    kinds: new Uint8Array(nodes),
    errorKinds: new Uint8Array(nodes),
    values: new BigInt64Array(nodes),
    offsets: new Uint32Array(nodes),
    lengths: new Uint32Array(nodes),
    starts: new Uint32Array(nodes),
    others: new Uint32Array(nodes),
    bytes: new Uint8Array(bytes),
  };
}

/** Growing by half at least, a reader soon has what its replies need. */
function larger(length: number, needed: number): number {
  return length >= needed ? length : Math.max(needed, Math.ceil(length * 1.5));
}
