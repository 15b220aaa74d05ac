/** Columns of a frame table: native/cql/frames.h, FrameTable. */
const TABLE_COLUMNS = 6;

/** Frames ready to be sent. All arrays have one element a frame and lie in a FrameBuffer. */
export interface Frames {
  readonly count: number;
  /** Whole frames, one after another. The stream id, bytes 2 and 3 of each, is 0. */
  readonly bytes: Uint8Array;
  /** Frame i is bytes[offsets[i] .. offsets[i] + lengths[i]). */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** A frame's rows, as indexes into the batch: firstRows[i] .. firstRows[i] + rows[i]. */
  readonly firstRows: Uint32Array;
  readonly rows: Uint32Array;
  /** Who owns the rows: indexes into the ring's `replicaSets`. */
  readonly replicaSets: Uint32Array;
  /** What the server counts for a frame's mutations, at most (native/cql/mutation_size.h). */
  readonly mutationBytes: Uint32Array;
}

/**
 * Memory for the frames of one batch, kept for the next. Whoever encodes into it
 * again overwrites the frames it gave: not before all of them are acknowledged.
 */
export class FrameBuffer {
  /** A Buffer, as are its parts then: sockets make one of each other array. */
  #bytes: Uint8Array<ArrayBuffer> = Buffer.allocUnsafeSlow(0);
  #table = new Uint32Array(0);

  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get table(): Uint32Array {
    return this.#table;
  }

  /** Makes room for as many frames as there are rows: there are never more. */
  reserveRows(rows: number): void {
    const length = TABLE_COLUMNS * rows;
    if (this.#table.length < length) this.#table = new Uint32Array(length);
  }

  /** Batches are of much the same size: a little more than asked for saves the next growth. */
  reserveBytes(byteLength: number): void {
    if (this.#bytes.length >= byteLength) return;
    const larger = Math.min(Math.ceil(byteLength * 1.125), 2 ** 32 - 1);
    this.#bytes = Buffer.allocUnsafeSlow(larger);
  }

  /** The first `count` frames that the addon wrote. */
  frames(count: number): Frames {
    const capacity = Math.floor(this.#table.length / TABLE_COLUMNS);
    const column = (index: number) =>
      this.#table.subarray(index * capacity, index * capacity + count);
    const [offsets, lengths] = [column(0), column(1)];
    const end = count === 0 ? 0 : (offsets[count - 1] ?? 0) + (lengths[count - 1] ?? 0);
    return {
      count,
      bytes: this.#bytes.subarray(0, end),
      offsets,
      lengths,
      firstRows: column(2),
      rows: column(3),
      replicaSets: column(4),
      mutationBytes: column(5),
    };
  }
}

/** The bytes of frame `index`. @throws RangeError where there is none */
export function frameAt({ bytes, offsets, lengths }: Frames, index: number): Uint8Array {
  const offset = offsets[index];
  if (offset === undefined) throw new RangeError(`frame ${index} of ${offsets.length}`);
  return bytes.subarray(offset, offset + (lengths[index] ?? 0));
}
