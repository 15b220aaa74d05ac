// The rows that every loader puts into the cache, made from their number: nothing is read.
import { makeSinkBatch } from "../../dist/sink/sink-batch.js";

/**
 * @typedef {import("../../dist/sink/sink-batch.js").SinkBatch} SinkBatch
 *
 * @typedef {object} HotRow
 * @property {number} level
 * @property {number} code exact: it has fewer than 53 bits
 * @property {number | null} material
 * @property {number} homogeneity a float32
 * @property {number} mask
 * @property {number} lastModified ms since 1970
 */

/** What a load hands to a sink at once. */
export const BLOCK_ROWS = 16_384;
export const PREFIX = "octree:";
export const TTL_S = 3600;
/** Of a tree of 320 rows: where each level begins, from LEAF_LEVEL - 3 down to the leaves. */
const LEVEL_BEGINS = [0, 1, 9, 73];
const TREE_ROWS = 320;
const LEAF_LEVEL = 13;
/** Odd, so that multiples of it modulo a power of two are all different. */
const CODE_STEP = 0x9e3779b97f4a7c15n;

/**
 * The row of that number: neighbours by number are anywhere, as in the order of tokens.
 *
 * @param {number} index
 * @returns {HotRow}
 */
export function rowAt(index) {
  const place = index % TREE_ROWS;
  const depth = LEVEL_BEGINS.findLastIndex((begin) => begin <= place);
  const level = LEAF_LEVEL - LEVEL_BEGINS.length + 1 + depth;
  const isLeaf = level === LEAF_LEVEL;
  return {
    level,
    code: Number(BigInt.asUintN(3 * level, BigInt(index) * CODE_STEP)),
    material: index % 17 === 0 ? null : index % 7,
    homogeneity: isLeaf ? 1 : Math.fround((1 + (index % 96)) / 97),
    mask: isLeaf ? 0 : 1 + (index % 255),
    lastModified: 1_700_000_000_000 + (index % 100_000) * 61_000,
  };
}

/**
 * The first so many rows as a sink gets them, without envelopes, of which the cache has nothing.
 *
 * @param {number} rows
 * @returns {SinkBatch[]}
 */
export function makeBlocks(rows) {
  return Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, block) => {
    const first = block * BLOCK_ROWS;
    const batch = makeSinkBatch(Math.min(BLOCK_ROWS, rows - first), 0);
    for (let i = 0; i < batch.rows; i += 1) putRow(batch, i, rowAt(first + i));
    return batch;
  });
}

/**
 * @param {SinkBatch} batch
 * @param {number} at
 * @param {HotRow} row
 */
function putRow(batch, at, row) {
  const code = BigInt(row.code);
  batch.tiles[at] = code >> 15n;
  batch.cells[at] = Number(code & 0x7fffn);
  batch.levels[at] = row.level;
  batch.materials[at] = row.material ?? 0;
  batch.noMaterials[at] = row.material === null ? 1 : 0;
  batch.homogeneities[at] = row.homogeneity;
  batch.masks[at] = row.mask;
  batch.lastModified[at] = BigInt(row.lastModified);
}

/** @param {HotRow} row */
export function keyOf({ level, code }) {
  return `${PREFIX}${level}:${code}`;
}

/**
 * Field and value in turn, of the hash that a program without write times would keep.
 *
 * @param {HotRow} row
 * @returns {(string | number)[]}
 */
export function plainFields({ material, homogeneity, mask, lastModified }) {
  const fields = ["homogeneity", homogeneity, "children_mask", mask, "last_modified", lastModified];
  return material === null ? fields : ["material_id", material, ...fields];
}
