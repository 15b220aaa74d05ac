import type { Triple } from "../encoding/frame.js";
import type { SourceColumn } from "../encoding/source-columns.js";
import type { SqliteValue } from "../encoding/value-column.js";

/** A TEXT whose bytes are no valid UTF-8, so that no string can stand for them. */
export class RawText {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** undefined: the row's source has no such column, which is not a NULL. */
export type SourceValue = SqliteValue | RawText;

/** A row of a target, its envelope opened. */
export interface TargetRow {
  readonly level: number;
  readonly mortonCode: bigint;
  /** Metres, whatever class the source held them in. */
  readonly point: Triple;
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** 0..255 */
  readonly childrenMask: number;
  /** ms since 1970, 0n when Created is NULL. */
  readonly lastModified: bigint;
  /** Microseconds since 1970. */
  readonly writeTimeUs: bigint;
  /** The source's values, of the storage classes they had. */
  readonly values: Readonly<Record<SourceColumn, SourceValue>>;
  /** Number of the set that names `extras`; 0: no unmapped columns. */
  readonly columnSet: number;
  readonly extras: readonly SourceValue[];
}
