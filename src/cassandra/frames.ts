import { requireArray, requireSize } from "../encoding/arrays.js";
import { engine } from "../encoding/kernel.js";
import type { Layout } from "../encoding/layout.js";
import { callNative, callNativeOnPool, type NativeCall } from "../encoding/native-call.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { NativeFrames } from "../native/cql-addon.js";
import { quoteName } from "./cql-text.js";
import { FrameBuffer, type Frames } from "./frame-buffer.js";
import type { Ring } from "./ring.js";
import { rowTables } from "./tables.js";

/** Rows in token order as one block, described in native/batch/sink_batch.h. */
export interface RowBlock {
  readonly block: ArrayBufferLike;
  readonly rows: number;
}

export interface FrameOptions {
  readonly layout: Layout;
  /** Of insertRowCql(), as the server gave it. */
  readonly preparedId: Uint8Array;
  /** The protocol's number (CQL binary protocol v4, section 3). */
  readonly consistency: number;
  /** Of all rows: the default timestamp of every request, microseconds since 1970. */
  readonly timestampUs: bigint;
  /** What a missing material becomes: a tombstone, or a column left as it is. */
  readonly nullAs: "null" | "unset";
  /** Of a frame, 1 to MAX_FRAME_ROWS. */
  readonly maxRows: number;
  /**
   * Of a frame's mutations as the server counts them (native/cql/mutation_size.h), 0 to 2^28. A
   * row that is larger travels alone.
   */
  readonly maxMutationBytes: number;
  readonly ring: Pick<Ring, "boundaries" | "replicaSetOf">;
  /** Only the rows [begin, end) of the batch; all unless given. */
  readonly begin?: number;
  readonly end?: number;
  /** Memory to encode into, by one call at a time; a new one unless given. */
  readonly out?: FrameBuffer;
}

/** The statements of a BATCH are counted in 16 bits. */
export const MAX_FRAME_ROWS = 65_535;
const MAX_FRAME_BYTES = 2 ** 28;
const MAX_ID_BYTES = 32;
const MAX_ROWS = 2 ** 28;

/** The statement whose bind markers the frames fill: the columns of `rowTables`, in their order. */
export function insertRowCql(keyspace: string, layout: Layout): string {
  const { name, columns } = rowTables[layout];
  const names = columns.map((column) => column.name).join(", ");
  const marks = columns.map(() => "?").join(", ");
  return `INSERT INTO ${quoteName(keyspace)}.${name} (${names}) VALUES (${marks})`;
}

/**
 * Cuts rows into requests of the CQL binary protocol v4 and encodes them: a BATCH (unlogged) of
 * rows that share a replica set (layout node) or a partition (tile), an EXECUTE where a row is
 * alone. Neither `block` nor `out` may be touched until it is done.
 *
 * @throws OctoloadError LEVEL_TOO_DEEP (a row below level 21 in layout node), CODE_OUT_OF_RANGE
 *   (a row whose key is none of its level), TOO_LARGE (a frame above 256 MiB, frames above 4 GiB),
 *   ARG_*.
 */
export function encodeFrames(batch: RowBlock, options: FrameOptions): Frames {
  const request = new FrameRequest(batch, options);
  for (;;) {
    const result = callNative<NativeFrames>(engine().addon.encodeFrames, request.call());
    const frames = request.settle(result);
    if (frames !== undefined) return frames;
  }
}

/** As encodeFrames(), on libuv's pool. */
export async function encodeFramesAsync(batch: RowBlock, options: FrameOptions): Promise<Frames> {
  const request = new FrameRequest(batch, options);
  for (;;) {
    const result = await callNativeOnPool<NativeFrames>(
      engine().addon.encodeFrames,
      request.call(),
    );
    const frames = request.settle(result);
    if (frames !== undefined) return frames;
  }
}

/** native/cql/frames.h, Code. */
const code = {
  ok: 0,
  outputTooSmall: 2,
  levelTooDeep: 3,
  badKey: 4,
  tooLarge: 5,
} as const;

const outputArgument = 12;
const argumentNames = [
  ...["block", "", "", "", "", "", "", "", "", "preparedId"],
  ...["ring.boundaries", "ring.replicaSetOf", "out", "out"],
];

/** One encoding, which takes a second call where the first finds the output too small. */
class FrameRequest {
  readonly #block: Uint8Array;
  readonly #options: FrameOptions;
  readonly #begin: number;
  readonly #end: number;
  readonly #out: FrameBuffer;

  constructor({ block, rows }: RowBlock, options: FrameOptions) {
    const { begin = 0, end = rows, out = new FrameBuffer() } = options;
    requireOptions(options);
    requireSize("end", end, Math.min(rows, MAX_ROWS));
    requireSize("begin", begin, end);
    this.#block = new Uint8Array(block);
    this.#options = options;
    [this.#begin, this.#end, this.#out] = [begin, end, out];
    out.reserveRows(end - begin);
  }

  call(): NativeCall {
    const { layout, nullAs, consistency, maxRows, maxMutationBytes, timestampUs } = this.#options;
    const { preparedId, ring } = this.#options;
    return {
      args: [
        ...[this.#block, this.#begin, this.#end, layout === "tile" ? 1 : 0],
        ...[nullAs === "unset" ? 1 : 0, consistency, maxRows, maxMutationBytes],
        ...[BigInt64Array.of(timestampUs), preparedId, ring.boundaries, ring.replicaSetOf],
        ...[this.#out.bytes, this.#out.table, false],
      ],
      names: argumentNames,
      firstOutput: outputArgument,
    };
  }

  /** @returns undefined where the call is to be made again */
  settle([outcome, detail, frames]: NativeFrames): Frames | undefined {
    if (outcome === code.ok) return this.#out.frames(frames);
    if (outcome !== code.outputTooSmall) throw refusalOf(outcome, detail, this.#options.layout);
    this.#out.reserveBytes(detail);
    return undefined;
  }
}

function requireOptions(options: FrameOptions): void {
  const { preparedId, consistency, timestampUs, maxRows, maxMutationBytes, ring } = options;
  requireArray("preparedId", preparedId, "Uint8Array");
  requireWithin("preparedId.length", preparedId.length, 1, MAX_ID_BYTES);
  requireSize("consistency", consistency, 0xffff);
  requireWithin("timestampUs", timestampUs, 0n, 2n ** 63n - 1n);
  requireSize("maxRows", maxRows, MAX_FRAME_ROWS);
  requireWithin("maxRows", maxRows, 1, MAX_FRAME_ROWS);
  requireSize("maxMutationBytes", maxMutationBytes, MAX_FRAME_BYTES);
  const { length } = requireArray("ring.boundaries", ring.boundaries, "BigInt64Array");
  requireWithin("ring.boundaries.length", length, 1, 2 ** 32);
  requireArray("ring.replicaSetOf", ring.replicaSetOf, "Uint32Array", length);
}

function requireWithin<T extends number | bigint>(name: string, value: T, min: T, max: T): void {
  if (value >= min && value <= max) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${name} must be from ${min} to ${max}, got ${describeValue(value)}`,
  );
}

function refusalOf(outcome: number, row: number, layout: Layout): OctoloadError {
  switch (outcome) {
    case code.levelTooDeep: {
      const deepest = layout === "node" ? 21 : 26;
      return new OctoloadError(
        "LEVEL_TOO_DEEP",
        `row ${row} of the batch is below level ${deepest}, the deepest of layout ${layout}`,
      );
    }
    case code.badKey:
      return new OctoloadError(
        "CODE_OUT_OF_RANGE",
        `tile and cell of row ${row} of the batch are no code of its level`,
      );
    case code.tooLarge:
      return new OctoloadError(
        "TOO_LARGE",
        `row ${row} of the batch needs a frame above 256 MiB, or frames above 4 GiB in all`,
      );
    default:
      return new OctoloadError("ARG_RANGE", "block is no batch of rows, or changed meanwhile");
  }
}
