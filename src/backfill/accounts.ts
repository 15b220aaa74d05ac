import { OctoloadError } from "../errors/octoload-error.js";
import type { CursorCheckpoint, SinkCheckpoint } from "../load/checkpoint.js";
import { sumOfParts } from "../load/cursor-digests.js";

export type LetterCounts = readonly {
  readonly sink: string;
  readonly code: string;
  readonly rows: number;
}[];

/** Rows that were rejected for every sink. */
export function rejectedBeforeSinks(letters: LetterCounts): number {
  return letters.reduce((sum, { sink, rows }) => sum + (sink === "" ? rows : 0), 0);
}

export function rowsByCode(letters: LetterCounts): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { code, rows } of letters) sums[code] = (sums[code] ?? 0) + rows;
  return sums;
}

/** How far each of a sink's cursors is; at its beginning where nothing was acknowledged yet. */
export function cursorsOf(
  checkpoints: readonly CursorCheckpoint[],
  url: string,
  count: number,
): CursorCheckpoint[] {
  const own = checkpoints.filter((checkpoint) => checkpoint.url === url);
  return Array.from({ length: count }, (_, cursor) => {
    const known = own.find((checkpoint) => checkpoint.cursor === cursor);
    const none = { position: null, loaded: 0, rejected: 0, skipped: 0 };
    return known ?? { url, cursor, ...none, digests: [], isDone: false };
  });
}

/** What all cursors of a sink have done. */
export function sumOf(checkpoints: readonly CursorCheckpoint[], url: string): SinkCheckpoint {
  const sum = { url, loaded: 0, rejected: 0, skipped: 0 };
  for (const own of checkpoints) {
    if (own.url !== url) continue;
    sum.loaded += own.loaded;
    sum.rejected += own.rejected;
    sum.skipped += own.skipped;
  }
  return sum;
}

/** Rows that the sinks and what comes before them account for: a shard's total. */
export function settledRows(checkpoints: readonly SinkCheckpoint[], letters: LetterCounts): number {
  const sent = checkpoints.map(({ loaded, rejected, skipped }) => loaded + rejected + skipped);
  return Math.max(...sent) + rejectedBeforeSinks(letters);
}

/**
 * A row is in the digests exactly once, however often the run was killed.
 *
 * @throws OctoloadError ROWS_UNACCOUNTED
 */
export function requireAllDigested(checkpoints: readonly CursorCheckpoint[]): void {
  for (const { url, cursor, loaded, skipped, digests } of checkpoints) {
    const { rows } = sumOfParts(digests);
    if (rows === loaded + skipped) continue;
    throw new OctoloadError(
      "ROWS_UNACCOUNTED",
      `${url}, cursor ${cursor}: ${loaded + skipped} rows are there, but there are digests of ${rows}`,
    );
  }
}

/**
 * Zero data loss, checked: a row that is in no count ends the run as a failure.
 *
 * @throws OctoloadError ROWS_UNACCOUNTED
 */
export function requireAllAccountedFor(
  total: number,
  checkpoints: readonly SinkCheckpoint[],
  letters: LetterCounts,
): void {
  const before = rejectedBeforeSinks(letters);
  for (const { url, loaded, rejected, skipped } of checkpoints) {
    const counted = loaded + rejected + skipped + before;
    if (counted === total) continue;
    throw new OctoloadError(
      "ROWS_UNACCOUNTED",
      `${url}: ${total} rows were read, but ${loaded} loaded, ${rejected + before} rejected and ${skipped} skipped are ${counted}`,
    );
  }
}
