import { OctoloadError } from "../errors/octoload-error.js";
import { positionBefore } from "../load/order-key.js";
import { viewSinkBatch } from "../sink/sink-batch.js";
import type { RowRange, RowReader } from "../target/row-reader.js";
import { boundsOf, rangeName, rangesOf } from "./key-ranges.js";
import type { CheckResult, UncheckedRange } from "./result.js";
import { interrupted, type SourceSide } from "./source-side.js";

const ROWS_A_CHUNK = 8192;
const CHUNK_BYTES = 2 ** 20;
/** So many ranges are named. */
const NAMED_RANGES = 20;

/** What a part of the order should have, and has. */
export interface RangeCount {
  readonly range: string;
  readonly expected: number;
  readonly found: number;
}

export interface CountOptions {
  readonly source: SourceSide;
  readonly rows: RowReader;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

export interface CountedRanges {
  readonly ranges: readonly RangeCount[];
  readonly unchecked: readonly UncheckedRange[];
}

/**
 * Counts rows range by range, several at once: no server is asked for all of a table.
 *
 * @throws OctoloadError RUN_*, SPILL_DAMAGED, VALIDATION_INTERRUPTED
 */
export async function countRanges(options: CountOptions): Promise<CountedRanges> {
  const { source, rows, signal, onProgress } = options;
  const left = [...rangesOf(rows, source.cells)];
  const ranges: RangeCount[] = [];
  const unchecked: UncheckedRange[] = [];
  let counted = 0;
  const lane = async () => {
    const memory = { block: new SharedArrayBuffer(CHUNK_BYTES) };
    for (let range = left.shift(); range !== undefined; range = left.shift()) {
      if (signal.aborted) throw interrupted();
      const name = rangeName(range);
      const found = await countTarget(range, options);
      if (found instanceof OctoloadError) {
        unchecked.push({ range: name, code: found.code, message: found.message });
        continue;
      }
      ranges.push({ range: name, expected: await countSource(range, memory, options), found });
      counted += found;
      onProgress(counted);
    }
  };
  await Promise.all(Array.from({ length: rows.readersAtOnce }, lane));
  return { ranges, unchecked };
}

/** @returns why the range could not be read, where that is so */
async function countTarget(
  range: RowRange,
  { rows, signal }: CountOptions,
): Promise<number | OctoloadError> {
  try {
    return await rows.count(range, signal);
  } catch (error) {
    if (signal.aborted) throw interrupted();
    if (error instanceof OctoloadError) return error;
    throw error;
  }
}

/**
 * Rows that a load would send: those of collisions' losers and rejected rows are not.
 *
 * @param memory is filled, and used again
 */
async function countSource(
  { tokens }: RowRange,
  memory: { block: SharedArrayBuffer },
  { source, rows: { order, maxLevel } }: CountOptions,
): Promise<number> {
  const { lower, upper } = boundsOf(tokens);
  const position = lower === undefined ? undefined : positionBefore(lower);
  const delivery = await source.sorted.openDelivery(order, position, upper);
  let count = 0;
  for (;;) {
    const { block, isEnd } = await delivery.next(ROWS_A_CHUNK, memory.block);
    if (isEnd) return count;
    if (block === undefined) continue;
    memory.block = block;
    for (const level of viewSinkBatch(block).levels) if (level <= maxLevel) count += 1;
  }
}

/**
 * Of a validation that does nothing but count.
 *
 * @param hasOthers the target holds other sources, whose rows are in the counts
 * @param refused rows that the target did not take when it was loaded
 */
export function countsCheck(
  counted: CountedRanges,
  { hasOthers, refused }: { readonly hasOthers: boolean; readonly refused: number },
): CheckResult {
  const { off, missing, extra } = differencesOf(counted);
  const isFaulty = !hasOthers && (extra > 0 || missing !== refused);
  const isOpen = counted.unchecked.length > 0 || (hasOthers && off > 0);
  const status = isOpen ? "unchecked" : "passed";
  const findings = { ...count("missing", missing), ...count("extra", extra) };
  return {
    ...checkOf(counted, isFaulty ? "failed" : status),
    findings: isFaulty ? findings : {},
    notes: [
      ...notesOf(counted),
      ...(hasOthers ? ["the target holds other sources too: only --full tells"] : []),
      ...(refused > 0 ? [`${refused} rows were refused when they were loaded`] : []),
    ],
  };
}

/** Beside a comparison of all rows, which knows why they are not as many. */
export function countsBeside(counted: CountedRanges, rows: CheckResult): CheckResult {
  const { off } = differencesOf(counted);
  return { ...checkOf(counted, off > 0 ? rows.status : "passed"), notes: notesOf(counted) };
}

function checkOf({ ranges }: CountedRanges, status: CheckResult["status"]): CheckResult {
  const checked = ranges.reduce((all, { found }) => all + found, 0);
  return { check: "counts", status, checked, findings: {}, notes: [] };
}

function differencesOf({ ranges }: CountedRanges) {
  const off = ranges.filter(({ expected, found }) => expected !== found);
  const sum = (of: (range: RangeCount) => number) => off.reduce((all, one) => all + of(one), 0);
  const missing = sum(({ expected, found }) => Math.max(0, expected - found));
  const extra = sum(({ expected, found }) => Math.max(0, found - expected));
  return { off: off.length, missing, extra };
}

function notesOf({ ranges }: CountedRanges): string[] {
  const off = ranges.filter(({ expected, found }) => expected !== found);
  const named = off.slice(0, NAMED_RANGES).map(({ range, expected, found }) => {
    return `${range}: ${found} rows, expected ${expected}`;
  });
  const more = off.length - named.length;
  return more > 0 ? [...named, `and ${more} ranges more`] : named;
}

function count(name: "missing" | "extra", rows: number): CheckResult["findings"] {
  return rows === 0 ? {} : { [name]: rows };
}
