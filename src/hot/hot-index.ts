import { requireArray } from "../encoding/arrays.js";
import { engine } from "../encoding/kernel.js";
import { callNative, callNativeOnPool, type NativeCall } from "../encoding/native-call.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { NativeHotIndex } from "../native/hot-addon.js";
import { describePredicate } from "./describe-predicate.js";
import type { HotRegions } from "./hot-regions.js";

/** Rows as one block of memory; a sink's batch is one. */
export interface HotBatch {
  /** native/batch/sink_batch.h */
  readonly block: ArrayBufferLike;
  readonly rows: number;
}

/** Cells by their keys, one a row. */
export interface HotCells {
  /** code >> 15 */
  readonly tiles: BigUint64Array;
  /** code & 0x7fff */
  readonly cells: Uint16Array;
  readonly levels: Uint8Array;
}

/** How many rows got each of the 256 priorities. */
export type PriorityTotals = Uint32Array<ArrayBuffer>;

const PRIORITIES = 256;
const NO_BATCH = -2;

/**
 * Tells which rows are hot and how hot: a priority from 1 to 255, or 0 where no predicate holds.
 *
 * A cell counts by its centre, its height does not matter. That a row is hot is exact to a
 * micrometre of distance; priorities take the distance from a raster (docs/hot-regions.md).
 * Immutable, so any number of calls may run at a time.
 */
export class HotIndex {
  readonly regions: HotRegions;
  /** Bytes of memory, outside JavaScript's heap. */
  readonly byteLength: number;
  readonly #native: NativeHotIndex;

  /** Made by buildHotIndex(). */
  constructor(regions: HotRegions, native: NativeHotIndex) {
    this.regions = regions;
    this.byteLength = native.bytes;
    this.#native = native;
  }

  /**
   * Writes a priority a row. Takes 0.02 to 0.1 us a row.
   *
   * @param priorities as long as the batch has rows
   * @throws OctoloadError ARG_TYPE, ARG_LENGTH; CODE_OUT_OF_RANGE for a key that is no cell's
   */
  classify(batch: HotBatch, priorities: Uint8Array): PriorityTotals {
    const totals: PriorityTotals = new Uint32Array(PRIORITIES);
    const call = this.#batchCall(batch, priorities, totals);
    requireKeys(callNative<number>(engine().addon.hotClassifyBatch, call));
    return totals;
  }

  /** As classify(), on libuv's pool; the block and `priorities` are in use until it resolves. */
  async classifyAsync(batch: HotBatch, priorities: Uint8Array): Promise<PriorityTotals> {
    const totals: PriorityTotals = new Uint32Array(PRIORITIES);
    const call = this.#batchCall(batch, priorities, totals);
    requireKeys(await callNativeOnPool<number>(engine().addon.hotClassifyBatch, call));
    return totals;
  }

  /** As classify(), of cells that are in no batch: for reads. */
  classifyCells(cells: HotCells, priorities: Uint8Array): PriorityTotals {
    const totals: PriorityTotals = new Uint32Array(PRIORITIES);
    const rows = requireArray("tiles", cells.tiles, "BigUint64Array").length;
    requireArray("cells", cells.cells, "Uint16Array", rows);
    requireArray("levels", cells.levels, "Uint8Array", rows);
    requireArray("priorities", priorities, "Uint8Array", rows);
    const call: NativeCall = {
      args: [
        this.#native.handle,
        cells.tiles,
        cells.cells,
        cells.levels,
        priorities,
        totals,
        false,
      ],
      names: ["", "tiles", "cells", "levels", "priorities", "totals", ""],
      firstOutput: 4,
    };
    requireKeys(callNative<number>(engine().addon.hotClassifyCells, call));
    return totals;
  }

  /**
   * The highest priority that a row of a tile can have (cells of that level whose code >> 15 is
   * `tile`); 0: none of them is hot. Never too low, seldom too high. So a reader of tiles leaves
   * out those of 0, and takes the others by falling priority to read in hot order.
   */
  mostInTile(level: number, tile: bigint): number {
    const most = new Uint8Array(1);
    this.mostInTiles(BigUint64Array.of(tile), Uint8Array.of(level), most);
    return most[0] ?? 0;
  }

  /** Whether a tile can hold hot rows: mostInTile() above 0. */
  mayContain(level: number, tile: bigint): boolean {
    return this.mostInTile(level, tile) > 0;
  }

  /** mostInTile() of many, into `most`. */
  mostInTiles(tiles: BigUint64Array, levels: Uint8Array, most: Uint8Array): void {
    const rows = requireArray("tiles", tiles, "BigUint64Array").length;
    requireArray("levels", levels, "Uint8Array", rows);
    requireArray("most", most, "Uint8Array", rows);
    callNative<undefined>(engine().addon.hotMostInTiles, {
      args: [this.#native.handle, tiles, levels, most, false],
      names: ["", "tiles", "levels", "most", ""],
      firstOutput: 3,
    });
  }

  /**
   * The map, a byte a pixel from the north-west: the highest priority that place alone gives
   * anywhere in it. On libuv's pool.
   *
   * @param width up to 8192, over 360 degrees of longitude
   * @param height up to 4096, over 180 degrees of latitude
   */
  async draw(width: number, height: number): Promise<Uint8Array> {
    const pixels = new Uint8Array(width * height);
    await callNativeOnPool<undefined>(engine().addon.hotDraw, {
      args: [this.#native.handle, width, height, pixels, true],
      names: ["", "", "", "pixels", ""],
      firstOutput: 3,
    });
    return pixels;
  }

  /** Each predicate in words. */
  describe(): string[] {
    return this.regions.predicates.map(describePredicate);
  }

  #batchCall(batch: HotBatch, priorities: Uint8Array, totals: PriorityTotals): NativeCall {
    requireArray("priorities", priorities, "Uint8Array", batch.rows);
    return {
      args: [this.#native.handle, new Uint8Array(batch.block), priorities, totals, false],
      names: ["", "batch.block", "priorities", "totals", ""],
      firstOutput: 2,
    };
  }
}

function requireKeys(firstBad: number): void {
  if (firstBad === -1) return;
  if (firstBad === NO_BATCH) {
    throw new OctoloadError("ARG_TYPE", "batch.block must be a batch of as many rows as it says");
  }
  throw new OctoloadError(
    "CODE_OUT_OF_RANGE",
    `row ${describeValue(firstBad)}: level, tile and cell must be those of a cell`,
  );
}
