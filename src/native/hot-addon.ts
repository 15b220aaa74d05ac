declare const hotIndexHandle: unique symbol;
/** An index of hot regions as the addon holds it; opaque. */
export interface HotIndexHandle {
  readonly [hotIndexHandle]: true;
}

export interface NativeHotIndex {
  readonly handle: HotIndexHandle;
  readonly bytes: number;
  /** Parts of the map, 0.7 degrees wide, that are not alike all over. */
  readonly blocks: number;
  /** Squares of the raster where rows are looked at one by one. */
  readonly undecidedSquares: number;
}

/** The addon's part of hot regions. */
export interface HotAddon {
  /**
   * kinds, values, coast, coastLineEnds, cities, polygonVertices, ringEnds, polygonEnds, onPool;
   * null where they contradict each other. Four values a predicate (native/hot/hot_index.h).
   */
  createHotIndex(
    ...args: readonly unknown[]
  ): NativeHotIndex | null | Promise<NativeHotIndex | null>;
  /**
   * index, block, priorities, totals, onPool: the first row whose key is no cell's, -1 where there
   * is none, -2 where the block is none or has another number of rows. `totals`, 256 of them, grow.
   */
  hotClassifyBatch(...args: readonly unknown[]): number | Promise<number>;
  /** index, tiles, cells, levels, priorities, totals, onPool: as hotClassifyBatch. */
  hotClassifyCells(...args: readonly unknown[]): number | Promise<number>;
  /** index, tiles, levels, most, onPool: the highest priority in each tile. */
  hotMostInTiles(...args: readonly unknown[]): undefined | Promise<undefined>;
  /** index, width, height, pixels, onPool. */
  hotDraw(...args: readonly unknown[]): undefined | Promise<undefined>;
}
