import type { RunMap } from "../load/run-report.js";

/** What `deepestLevels` holds where no node is. */
export const NO_LEVEL = 255;

/** Row by row from the north; as long as the map has pixels, whatever the report holds. */
export function deepestLevelsOf({ deepestLevels, width, height }: RunMap): Uint8Array {
  const levels = new Uint8Array(width * height).fill(NO_LEVEL);
  levels.set(Buffer.from(deepestLevels, "base64").subarray(0, levels.length));
  return levels;
}

/** Nodes whose center is in each pixel, in the same order. */
export function nodesOf({ nodes, width, height }: RunMap): Uint32Array {
  const bytes = Buffer.from(nodes, "base64");
  const counts = new Uint32Array(width * height);
  const stored = Math.min(counts.length, Math.floor(bytes.length / 4));
  for (let i = 0; i < stored; i++) counts[i] = bytes.readUInt32LE(i * 4);
  return counts;
}
