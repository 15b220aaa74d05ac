// Reads at times that were fixed beforehand, whatever became of the earlier ones.

/**
 * @typedef {object} Arrivals
 * @property {number} perSecond on average
 * @property {number} count
 * @property {number} seed
 */

/**
 * Numbers in [0, 1) that a seed decides (Mulberry32).
 *
 * @param {number} seed
 */
export function randomsFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Milliseconds from the first one's turn on; independent of each other, as of many users.
 *
 * @param {Arrivals} arrivals
 */
export function arrivalTimes({ perSecond, count, seed }) {
  const random = randomsFrom(seed);
  let atMs = 0;
  return Float64Array.from({ length: count }, () => {
    atMs -= (Math.log(1 - random()) * 1000) / perSecond;
    return atMs;
  });
}

/**
 * Starts each read at its time, and measures from that time on: what waits because the client was
 * busy has waited. Timers are too coarse, so the event loop goes round and round meanwhile.
 *
 * @param {Arrivals} arrivals
 * @param {(index: number) => Promise<unknown>} read
 * @returns {Promise<Float64Array>} milliseconds, a read each
 */
export function runOpenLoop(arrivals, read) {
  const starts = arrivalTimes(arrivals);
  const times = new Float64Array(starts.length);
  const beganMs = performance.now();
  let next = 0;
  let done = 0;
  return new Promise((resolve, reject) => {
    const start = (/** @type {number} */ index, /** @type {number} */ startMs) => {
      read(index).then(() => {
        times[index] = performance.now() - startMs;
        done += 1;
        if (done === times.length) resolve(times);
      }, reject);
    };
    const turn = () => {
      const nowMs = performance.now() - beganMs;
      for (let atMs = starts[next]; atMs !== undefined && atMs <= nowMs; atMs = starts[next]) {
        start(next, beganMs + atMs);
        next += 1;
      }
      if (next < starts.length) setImmediate(turn);
    };
    turn();
  });
}
