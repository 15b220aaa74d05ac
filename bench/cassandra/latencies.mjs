/**
 * @typedef {object} Latencies milliseconds
 * @property {number} queries
 * @property {number} p50
 * @property {number} p95
 * @property {number} p99
 * @property {number} max
 * @property {number} rows found in all
 */

/**
 * @param {Float64Array} times in milliseconds, sorted here
 * @param {number} rows
 * @returns {Latencies}
 */
export function latenciesOf(times, rows) {
  times.sort();
  const queries = times.length;
  const at = (/** @type {number} */ share) =>
    times[Math.min(queries - 1, Math.floor(share * queries))] ?? Number.NaN;
  return { queries, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1), rows };
}
