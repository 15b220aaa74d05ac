import type { Layout } from "../encoding/layout.js";

/** What decides how many bytes a table takes. */
export interface StoredRows {
  readonly rows: number;
  /** Of all rows together. */
  readonly envelopeBytes: number;
  /** Rows without a material. */
  readonly withoutMaterial: number;
  /** Distinct (level, tile). */
  readonly tiles: number;
  /** What compression leaves of a byte. */
  readonly compression: number;
}

// Bytes of Cassandra's SSTable format (docs: "Storage engine"; io/sstable and db/rows, 4.0 to 5.0),
// before compression. A partition: its key with a length of 2 bytes, a deletion time of 12, an end
// marker of 1. A row: flags, sizes of itself and the one before it, a time, clustering. A cell: flags
// and its value; a blob has its length in front.
const PARTITION_HEAD = 2 + 12 + 1;
const ROW_HEAD = 1 + 3 + 2 + 1;
const CELL_HEAD = 1;
const NODE_KEY = 8;
/** (level, tile): each part has a length of 2 bytes and an end of 1. */
const TILE_KEY = 2 + 1 + 1 + (2 + 8 + 1);
const LEVEL_CLUSTERING = 1;
const CELL_CLUSTERING = 2;
/** homogeneity, children_mask, last_modified. */
const OTHER_CELLS = 3 * CELL_HEAD + 4 + 1 + 8;
const MATERIAL_CELL = CELL_HEAD + 4;
const ENVELOPE_HEAD = CELL_HEAD + 2;
/** Not compressed: index entry, its part of the summary, ten bits of a Bloom filter. */
const INDEX_ENTRY = 2 + 6 + 1 + 2;

/** An embedded target's row: SQLite's record header, key and columns, its place in the page. */
const EMBEDDED_ROW = 44;

/** Bytes that one copy of a table takes on a disk once it is compacted, within about a fifth. */
export function storedBytes(layout: Layout, stored: StoredRows): number {
  const { rows, envelopeBytes, withoutMaterial, tiles, compression } = stored;
  const partitions = layout === "node" ? rows : tiles;
  const key = layout === "node" ? NODE_KEY : TILE_KEY;
  const clustering = layout === "node" ? LEVEL_CLUSTERING : CELL_CLUSTERING;
  const data =
    partitions * (PARTITION_HEAD + key) +
    rows * (ROW_HEAD + clustering + OTHER_CELLS + ENVELOPE_HEAD) +
    (rows - withoutMaterial) * MATERIAL_CELL +
    envelopeBytes;
  return Math.round(data * compression + partitions * (INDEX_ENTRY + key));
}

/** Bytes of an embedded target's file. */
export function embeddedBytes({ rows, envelopeBytes }: StoredRows): number {
  return Math.round(rows * EMBEDDED_ROW + envelopeBytes);
}

/** A row much as a table of layout node stores it, for measuring how well blocks of such compress. */
export function rowImage(envelope: Uint8Array, place: Uint8Array): Uint8Array {
  const head = Buffer.alloc(PARTITION_HEAD + ROW_HEAD + LEVEL_CLUSTERING + OTHER_CELLS);
  return new Uint8Array(Buffer.concat([head, place, envelope]));
}
