import type { Levels } from "../native/addon.js";
import type { Dictionary } from "./dictionary.js";
import type { FrameSpec } from "./frame.js";
import type { FilledColumn, ValueColumn } from "./value-column.js";

/** The key of n rows: whole codes up to level 21, or tile and cell up to 26. */
export type RowKeys = { readonly level: Levels } & (
  | { readonly codes: BigUint64Array }
  | { readonly tiles: BigUint64Array; readonly cells: Uint16Array }
);

/** The source columns whose value the key or the coordinates already say. */
export interface Originals<Column = ValueColumn> {
  readonly x: Column;
  readonly y: Column;
  readonly z: Column;
  readonly level: Column;
  readonly material: Column;
}

/** n rows to wrap. A column left out is absent (which is not NULL). */
export type EnvelopeRows = RowKeys & {
  /** Metres. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly id?: ValueColumn;
  readonly density?: ValueColumn;
  readonly created?: ValueColumn;
  readonly metadata?: ValueColumn;
  /**
   * How the source held x, y, z (usual: REAL), level and material (usual:
   * INTEGER, which for material includes NULL); TEXT and BLOB keep their bytes.
   */
  readonly originals?: Partial<Originals>;
  /** Number of the unmapped columns' set, with `extras`; 0 or left out: none. */
  readonly columnSet?: number;
  readonly extras?: readonly ValueColumn[];
  /** What TEXT and BLOB slots point into. */
  readonly bytes?: Uint8Array;
};

export interface EnvelopeArrays {
  /** All envelopes, packed. */
  readonly bytes: Uint8Array;
  /** n + 1: envelope i is [offsets[i], offsets[i + 1]); empty where the row was rejected. */
  readonly offsets: Uint32Array;
  /** A status a row; see rowStatus. */
  readonly status: Uint8Array;
}

export interface EncodeEnvelopesOptions {
  /** Default: centred. */
  readonly frame?: FrameSpec;
  readonly dictionary?: Dictionary;
  /** Outputs to fill; `bytes` of at least envelopeBound(rows). Made when left out. */
  readonly out?: EnvelopeArrays;
}

/** n envelopes and the keys of their rows. */
export type Envelopes = RowKeys & {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
};

export interface DecodedRows {
  /** Metres; NaN where the row was rejected. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly id: FilledColumn;
  readonly density: FilledColumn;
  readonly created: FilledColumn;
  readonly metadata: FilledColumn;
  readonly originals: Originals<FilledColumn>;
  /** Number of the row's set of unmapped columns; 0: none. */
  readonly columnSets: Uint32Array;
  /** As many as the richest row has; absent in rows with fewer. */
  readonly extras: readonly FilledColumn[];
  /** What TEXT and BLOB slots point into. */
  readonly bytes: Uint8Array;
  readonly status: Uint8Array;
}

export interface DecodeEnvelopesOptions {
  /** The frame they were encoded in. Default: centred. */
  readonly frame?: FrameSpec;
  /** Those of the target; an envelope names its own by number. */
  readonly dictionaries?: readonly Dictionary[];
  /** Outputs to fill, from makeDecodedRows(); made when left out. */
  readonly out?: DecodedRows;
}

export type EncodedEnvelopes = EnvelopeArrays & { readonly rejected: number };
export type DecodedEnvelopes = DecodedRows & { readonly rejected: number };
