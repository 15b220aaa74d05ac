import type { Frame } from "../encoding/frame.js";
import type { ColumnNames } from "../encoding/source-columns.js";

/** Names and declared types of a source file's unmapped columns; envelopes refer to its number. */
export interface ColumnSet {
  /** From 1. */
  readonly number: number;
  readonly columns: readonly { readonly name: string; readonly declaredType: string }[];
}

/** What a target has to agree with before a row is written. */
export interface LoadFacts {
  readonly frame: Frame;
  readonly sourceName: string;
  /** Identifies the source's content: another one of the same name is no obstacle, it is recorded. */
  readonly sourceFingerprint: string;
  readonly table: string;
  /** What the columns are called in the source, so that an export can give them back. */
  readonly columnNames: ColumnNames;
  /** Numbered by numberColumnSets(), so that no number the target knows gets another meaning. */
  readonly columnSets: readonly ColumnSet[];
  /** All columns of the table in its own order, for an export; left out: not known. */
  readonly columnOrder?: readonly string[];
  readonly runId: string;
  /** The load that this run completes, where it is no load of its own. */
  readonly baseRunId?: string;
  /** Another source than those the target records may be added. */
  readonly addSource: boolean;
}

/** What a target has to know before a row is written. */
export interface TargetFacts extends LoadFacts {
  /** Microseconds since 1970, one for the whole run. */
  readonly writeTimeUs: bigint;
}
