import type { RunReport } from "../load/run-report.js";
import { deepestLevelsOf, NO_LEVEL, nodesOf } from "./map-arrays.js";

/** A place to look at: metres in the report's frame. */
export interface SamplePoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly level: number;
}

/**
 * The middle of the map's finest pixel, of those the one with most nodes, at sea level;
 * undefined where the map is empty.
 */
export function samplePoint({ map, frame }: RunReport): SamplePoint | undefined {
  const levels = deepestLevelsOf(map);
  const nodes = nodesOf(map);
  let best = -1;
  for (const [i, level] of levels.entries()) {
    if (level === NO_LEVEL) continue;
    const bestLevel = levels[best] ?? -1;
    const hasMore = level === bestLevel && (nodes[i] ?? 0) > (nodes[best] ?? 0);
    if (level > bestLevel || hasMore) best = i;
  }
  const level = levels[best];
  if (level === undefined) return undefined;
  const column = best % map.width;
  const row = Math.floor(best / map.width);
  const [minX = 0, minY = 0, minZ = 0] = frame.min;
  const [sizeX = 0, sizeY = 0, sizeZ = 0] = frame.size;
  return {
    x: Math.round(minX + ((column + 0.5) / map.width) * sizeX),
    y: Math.round(minY + (1 - (row + 0.5) / map.height) * sizeY),
    z: Math.round(minZ + sizeZ / 2),
    level,
  };
}
