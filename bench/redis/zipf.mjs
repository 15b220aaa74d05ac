// Traces of reads as of places that people look at: the k-th most popular key is asked for in
// proportion to 1 / k^exponent.
import { randomsFrom } from "./open-loop.mjs";

/**
 * Keys by rank, 0 the most popular.
 *
 * @param {{keys: number, reads: number, exponent: number, seed: number}} shape
 */
export function zipfTrace({ keys, reads, exponent, seed }) {
  const random = randomsFrom(seed);
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank += 1) {
    sum += (rank + 1) ** -exponent;
    sums[rank] = sum;
  }
  return Uint32Array.from({ length: reads }, () => firstAbove(sums, random() * sum));
}

/**
 * @param {Float64Array} sums rising
 * @param {number} value below the last one
 */
function firstAbove(sums, value) {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * What a cache that holds so many keys could answer at best if it never changed: the share of the
 * trace that is of the keys asked for most in it.
 *
 * @param {Uint32Array} trace
 * @param {number} held
 */
export function idealHitRate(trace, held) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const key of trace) counts.set(key, (counts.get(key) ?? 0) + 1);
  const best = [...counts.values()].sort((a, b) => b - a).slice(0, held);
  return best.reduce((sum, count) => sum + count, 0) / trace.length;
}
