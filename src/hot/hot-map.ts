import type { HotIndex } from "./hot-index.js";

/** A pixel is half a degree. */
const WIDTH = 720;
const HEIGHT = 360;

/** Hot regions as a run's report shows them (RunHotMap of src/load/run-report.ts). */
export interface HotMap {
  readonly regions: string;
  readonly descriptions: readonly string[];
  readonly width: number;
  readonly height: number;
  /** Base64 of a byte a pixel, from the north-west. */
  readonly priorities: string;
  readonly rows: readonly number[];
}

/**
 * Draws an index's map, off the event loop.
 *
 * @param rows the run's rows by priority: the sums of what classify() returned
 */
export async function drawHotMap(index: HotIndex, rows: ArrayLike<number>): Promise<HotMap> {
  const pixels = await index.draw(WIDTH, HEIGHT);
  return {
    regions: index.regions.text,
    descriptions: index.describe(),
    width: WIDTH,
    height: HEIGHT,
    priorities: Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length).toString("base64"),
    rows: Array.from(rows),
  };
}
