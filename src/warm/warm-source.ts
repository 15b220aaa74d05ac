import type { Layout } from "../encoding/layout.js";

/** A part of a target: tokens of Cassandra, or codes of the embedded one; `after` is not in it. */
export interface Stretch {
  readonly after: bigint;
  readonly last: bigint;
}

/** Up to 32,768 neighbouring cells; in layout tile one partition. */
export interface WarmTile {
  readonly level: number;
  readonly tile: bigint;
}

export interface WarmKey extends WarmTile {
  readonly cell: number;
}

/** A row as an entry has it. */
export interface WarmRow extends WarmKey {
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** 0..255 */
  readonly childrenMask: number;
  readonly lastModified: bigint;
  /** Of the column that was written last, microseconds since 1970. */
  readonly writeTimeUs: bigint;
}

/** A row that is to be cached. */
export interface HotRow extends WarmRow {
  /** 1 to 255. */
  readonly priority: number;
}

/**
 * A target to warm from. Reads are short, so that loads and live writes go on; envelopes are not
 * read. Everything comes in pages of bounded size.
 */
export interface WarmSource {
  /** For messages. */
  readonly place: string;
  readonly layout: Layout;
  /** All of it, in parts that nothing is left between. */
  stretches(): readonly Stretch[];
  /** Layout node. */
  keys(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<readonly WarmKey[], void>;
  /** Layout node. */
  rows(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<readonly WarmRow[], void>;
  /** Layout tile: those that have rows, each once. */
  tiles(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<readonly WarmTile[], void>;
  /** Layout tile. */
  rowsOfTile(tile: WarmTile, signal?: AbortSignal): AsyncGenerator<readonly WarmRow[], void>;
  close(): Promise<void>;
}
