import type { FrameSpec } from "./frame.js";

/** Points in metres, n rows: three arrays of n, or one of interleaved coordinates. */
export type Points =
  | { readonly x: Float64Array; readonly y: Float64Array; readonly z: Float64Array }
  | {
      /** Row i at [i * stride], [i * stride + 1], [i * stride + 2]. */
      readonly xyz: Float64Array;
      /** In elements, at least 3 (the default); the last row needs no more than its three. */
      readonly stride?: number;
    };

export interface CodeArrays {
  /** Whole codes, levels 0 to 21; 2^64 - 1 where the row was rejected. */
  readonly codes: BigUint64Array;
  /** A status a row; see rowStatus. */
  readonly status: Uint8Array;
}

export interface TileArrays {
  /** code >> 15, levels 0 to 26; 2^64 - 1 where the row was rejected. */
  readonly tiles: BigUint64Array;
  /** code & 0x7fff; 65535 where the row was rejected. */
  readonly cells: Uint16Array;
  readonly status: Uint8Array;
}

export interface PointArrays {
  /** Metres; NaN where the row was rejected. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly status: Uint8Array;
}

/** A batch's outputs and how many of its rows were rejected (status not 0). */
export type Batch<Arrays> = Arrays & { readonly rejected: number };

export interface BatchOptions<Arrays> {
  /** Default: centred. */
  readonly frame?: FrameSpec;
  /** Outputs to fill, n rows each, sharing memory with nothing else; made when left out. */
  readonly out?: Arrays;
}

/** Which point of a cell. */
export type Corner = "min" | "center" | "max";

export interface DecodeOptions extends BatchOptions<PointArrays> {
  /** Default: center. */
  readonly corner?: Corner;
}
