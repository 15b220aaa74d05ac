// The same questions for every store that the bench reads from.
import Database from "better-sqlite3";
import { frames } from "../../dist/encoding/frame.js";
import { encodePoint } from "../../dist/encoding/point.js";

/**
 * @typedef {[number, number, number]} Triple
 * @typedef {{min: Triple, max: Triple}} Box
 *
 * @typedef {object} Place
 * @property {Triple} point centre of a row's cell
 * @property {number} level of that row
 * @property {bigint} code of it
 * @property {Box} box of BOX_CELLS cells of BOX_LEVEL a side around it
 */

/** Deeper than any row: "nearest" has ancestors to look for. */
export const NEAREST_LEVEL = 18;
export const BOX_LEVELS = /** @type {[number, number]} */ ([10, 13]);
const BOX_CELLS = 4;
const { min, size } = frames.centred;

/**
 * So many places where the source has a row: its first ones, which are anywhere, as it is shuffled.
 *
 * @param {string} source
 * @param {number} count
 * @returns {Place[]}
 */
export function readPlaces(source, count) {
  const database = new Database(source, { readonly: true });
  const rows = database.prepare("SELECT X, Y, Z, Level FROM nodes LIMIT ?").raw().all(count);
  database.close();
  return rows.map((row) => {
    const [x, y, z, level] = /** @type {[number, number, number, number]} */ (row);
    return {
      point: [x, y, z],
      level,
      code: encodePoint(x, y, z, level),
      box: boxAround([x, y, z]),
    };
  });
}

/**
 * @param {Triple} point
 * @returns {Box}
 */
function boxAround(point) {
  // A little short of whole cells, so that no neighbour is touched by its face alone.
  const half = (axis = 0) => ((size[axis] ?? 0) / 2 ** BOX_LEVELS[1]) * (BOX_CELLS / 2 - 0.51);
  const corner = (/** @type {1 | -1} */ side) =>
    /** @type {Triple} */ (
      point.map((value, axis) => {
        const first = min[axis] ?? 0;
        const last = first + (size[axis] ?? 0);
        return Math.min(last, Math.max(first, value + side * half(axis)));
      })
    );
  return { min: corner(-1), max: corner(1) };
}

/**
 * Bounds of the cells of a level that a box touches.
 *
 * @param {Box} box
 * @param {number} level
 * @returns {[Triple, Triple]}
 */
export function cellBounds(box, level) {
  const bound = (/** @type {Triple} */ corner, /** @type {0 | 1} */ side) =>
    /** @type {Triple} */ (
      corner.map((value, axis) => {
        const [start = 0, length = 1] = [min[axis], size[axis]];
        const index = Math.min(2 ** level - 1, Math.floor(((value - start) / length) * 2 ** level));
        return start + length * ((index + side) / 2 ** level);
      })
    );
  return [bound(box.min, 0), bound(box.max, 1)];
}
