/**
 * Finished rows in a sink's order, as columns over one block of memory. The
 * block's format is described in native/batch/sink_batch.h.
 */
export interface SinkBatch {
  /** The whole block; other threads see a shared one without its being copied. */
  readonly block: ArrayBufferLike;
  readonly rows: number;
  /** code >> 15 */
  readonly tiles: BigUint64Array;
  /** Where each row came from: its rowid in its file. */
  readonly rowids: BigInt64Array;
  /** ms since 1970, 0 when Created is NULL. */
  readonly lastModified: BigInt64Array;
  /** Envelope i is bytes[offsets[i] .. offsets[i + 1]). */
  readonly offsets: Uint32Array;
  readonly materials: Int32Array;
  readonly homogeneities: Float32Array;
  /** Number of the source's file, from 0. */
  readonly files: Uint32Array;
  /** code & 0x7fff */
  readonly cells: Uint16Array;
  readonly levels: Uint8Array;
  /** children_mask, 0..255. */
  readonly masks: Uint8Array;
  /** 1 where material_id is NULL. */
  readonly noMaterials: Uint8Array;
  /** The envelopes. */
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 24;
/** kSinkMagic of native/batch/sink_batch.h. */
const MAGIC = 0x314b53_6f746f63n;
/** Widths of the sections with one element a row, all but offsets and bytes. */
const FIXED_ROW_BYTES = [8, 8, 8, 4, 4, 4, 2, 1, 1, 1];

/** Views of a block that the addon made. */
export function viewSinkBatch(block: ArrayBufferLike): SinkBatch {
  const head = new BigUint64Array(block, 0, 3);
  const rows = Number(head[1]);
  return { block, rows, ...viewSections(block, rows, Number(head[2])) };
}

/** A batch of so many rows and bytes of envelopes, to be filled. */
export function makeSinkBatch(rows: number, byteLength: number): SinkBatch {
  const fixed = FIXED_ROW_BYTES.reduce((sum, width) => sum + padded(width * rows), 0);
  const block = new ArrayBuffer(HEAD_BYTES + fixed + padded(4 * (rows + 1)) + padded(byteLength));
  new BigUint64Array(block).set([MAGIC, BigInt(rows), BigInt(byteLength)]);
  return { block, rows, ...viewSections(block, rows, byteLength) };
}

/**
 * A batch of its own with the rows [begin, end) of another: for bisecting one that a sink refused.
 *
 * @throws RangeError where the batch has no such rows
 */
export function sliceSinkBatch(batch: SinkBatch, begin: number, end: number): SinkBatch {
  if (!(begin >= 0 && begin <= end && end <= batch.rows)) {
    throw new RangeError(`rows [${begin}, ${end}) of a batch of ${batch.rows}`);
  }
  const firstByte = batch.offsets[begin] ?? 0;
  const endByte = batch.offsets[end] ?? 0;
  const slice = makeSinkBatch(end - begin, endByte - firstByte);
  slice.tiles.set(batch.tiles.subarray(begin, end));
  slice.rowids.set(batch.rowids.subarray(begin, end));
  slice.lastModified.set(batch.lastModified.subarray(begin, end));
  const offsets = batch.offsets.subarray(begin, end + 1);
  for (const [i, offset] of offsets.entries()) slice.offsets[i] = offset - firstByte;
  slice.materials.set(batch.materials.subarray(begin, end));
  slice.homogeneities.set(batch.homogeneities.subarray(begin, end));
  slice.files.set(batch.files.subarray(begin, end));
  slice.cells.set(batch.cells.subarray(begin, end));
  slice.levels.set(batch.levels.subarray(begin, end));
  slice.masks.set(batch.masks.subarray(begin, end));
  slice.noMaterials.set(batch.noMaterials.subarray(begin, end));
  slice.bytes.set(batch.bytes.subarray(firstByte, endByte));
  return slice;
}

function viewSections(
  block: ArrayBufferLike,
  rows: number,
  byteLength: number,
): Omit<SinkBatch, "block" | "rows"> {
  const sections = new Sections(block, HEAD_BYTES);
  return {
    tiles: sections.next(BigUint64Array, rows),
    rowids: sections.next(BigInt64Array, rows),
    lastModified: sections.next(BigInt64Array, rows),
    offsets: sections.next(Uint32Array, rows + 1),
    materials: sections.next(Int32Array, rows),
    homogeneities: sections.next(Float32Array, rows),
    files: sections.next(Uint32Array, rows),
    cells: sections.next(Uint16Array, rows),
    levels: sections.next(Uint8Array, rows),
    masks: sections.next(Uint8Array, rows),
    noMaterials: sections.next(Uint8Array, rows),
    bytes: sections.next(Uint8Array, byteLength),
  };
}

interface ViewType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (block: ArrayBufferLike, at: number, length: number): T;
}

/** Hands out sections in turn, each beginning at a multiple of 8 bytes. */
class Sections {
  readonly #block: ArrayBufferLike;
  #at: number;

  constructor(block: ArrayBufferLike, at: number) {
    this.#block = block;
    this.#at = at;
  }

  next<T>(type: ViewType<T>, length: number): T {
    const view = new type(this.#block, this.#at, length);
    this.#at += padded(length * type.BYTES_PER_ELEMENT);
    return view;
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
