import type { Ring } from "./ring.js";

/** Tokens after `after` up to and with `last`. */
export interface TokenRange {
  readonly after: bigint;
  readonly last: bigint;
}

/** Murmur3 tokens go from -2^63 + 1 to 2^63 - 1: what hashes to -2^63 is given the largest. */
const BEFORE_FIRST = -(2n ** 63n);
const LAST = 2n ** 63n - 1n;
const RING_WIDTH = LAST - BEFORE_FIRST;

/**
 * The whole ring in about `parts` ranges of about the same width, ascending. None crosses a boundary
 * of the ring, so that one set of replicas has all of it.
 */
export function splitRing({ boundaries }: Pick<Ring, "boundaries">, parts: number): TokenRange[] {
  const ends = [...boundaries].filter((token) => token > BEFORE_FIRST && token < LAST);
  let after = BEFORE_FIRST;
  return [...ends, LAST].flatMap((last) => {
    const pieces = splitRange({ after, last }, piecesOf(last - after, parts));
    after = last;
    return pieces;
  });
}

/** The share of the ring that a range is, 0 to 1. */
export function shareOf({ after, last }: TokenRange): number {
  return Number(last - after) / Number(RING_WIDTH);
}

/** A range in `pieces` of even widths, or in as many as it has tokens. */
export function splitRange({ after, last }: TokenRange, pieces: number): TokenRange[] {
  const width = last - after;
  const count = BigInt(pieces) < width ? BigInt(pieces) : width;
  return Array.from({ length: Number(count) }, (_, i) => ({
    after: after + (width * BigInt(i)) / count,
    last: after + (width * BigInt(i + 1)) / count,
  }));
}

/**
 * The same ranges in an order in which `readers` that take one after another are at distant places
 * of the ring, and so mostly at different nodes.
 */
export function spread<T>(ranges: readonly T[], readers: number): T[] {
  const stride = Math.ceil(ranges.length / readers);
  return Array.from({ length: stride }, (_, i) =>
    ranges.filter((_range, index) => index % stride === i),
  ).flat();
}

function piecesOf(width: bigint, parts: number): number {
  return Math.max(1, Math.round((parts * Number(width)) / Number(RING_WIDTH)));
}
