import type { RunMap } from "../load/run-report.js";
import { type Rgb, rampColor } from "./color-ramp.js";
import { deepestLevelsOf, NO_LEVEL, nodesOf } from "./map-arrays.js";
import { encodePng } from "./png.js";

/** Index 0 of each palette: no node here. */
const EMPTY_INDEX = 0;
const EMPTY_COLOR: Rgb = [0, 0, 0];
const COUNT_SHADES = 64;
const DARKEST_COUNT = 0.22;

export interface LevelRange {
  readonly lowest: number;
  readonly highest: number;
}

/** The levels that the map shows; undefined where it is empty. */
export function levelRange(map: RunMap): LevelRange | undefined {
  const levels = deepestLevelsOf(map).filter((level) => level !== NO_LEVEL);
  if (levels.length === 0) return undefined;
  return {
    lowest: levels.reduce((a, b) => Math.min(a, b)),
    highest: levels.reduce((a, b) => Math.max(a, b)),
  };
}

/** A level's colour, the same in map, legend and chart. */
export function levelColor(level: number, { lowest, highest }: LevelRange): Rgb {
  return rampColor(highest === lowest ? 1 : (level - lowest) / (highest - lowest));
}

/** The deepest level of each pixel as a PNG of the map's size. */
export function levelImage(map: RunMap, range: LevelRange): Buffer {
  const count = range.highest - range.lowest + 1;
  const colors = Array.from({ length: count }, (_, i) => levelColor(range.lowest + i, range));
  const pixels = deepestLevelsOf(map).map((level) => {
    return level === NO_LEVEL ? EMPTY_INDEX : level - range.lowest + 1;
  });
  return encodeMap(map, pixels, colors);
}

/** Of a place 0..1 on the scale of counts; even a single node has to be seen on the dark ground. */
export function nodesColor(place: number): Rgb {
  return rampColor(DARKEST_COUNT + (1 - DARKEST_COUNT) * place);
}

/** The nodes of each pixel as a PNG, on a logarithmic scale up to `mostNodes`. */
export function nodesImage(map: RunMap): Buffer {
  const nodes = nodesOf(map);
  const scale = Math.log1p(mostNodes(map));
  const colors = Array.from({ length: COUNT_SHADES }, (_, i) => nodesColor(i / (COUNT_SHADES - 1)));
  const pixels = Uint8Array.from(nodes, (count) => {
    if (count === 0) return EMPTY_INDEX;
    return 1 + Math.round((Math.log1p(count) / scale) * (COUNT_SHADES - 1));
  });
  return encodeMap(map, pixels, colors);
}

/** Of one pixel. */
export function mostNodes(map: RunMap): number {
  return nodesOf(map).reduce((a, b) => Math.max(a, b), 0);
}

function encodeMap({ width, height }: RunMap, pixels: Uint8Array, colors: readonly Rgb[]): Buffer {
  const palette = [EMPTY_COLOR, ...colors];
  return encodePng({ width, height, pixels, palette, transparentIndex: EMPTY_INDEX });
}
