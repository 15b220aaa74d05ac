import { isMapBorder, type LandScale, type Position, readLandArcs } from "./land.js";

/** Polylines one after another. */
export interface Coastline {
  /** Longitude and latitude of each point in turn. */
  readonly degrees: Float64Array<ArrayBuffer>;
  /** Where each line ends, in points from the beginning of all. */
  readonly lineEnds: Uint32Array<ArrayBuffer>;
}

/** The coasts of Natural Earth's land, without the edges along which the map was cut. */
export function readCoastline(scale: LandScale): Coastline {
  const lines = readLandArcs(scale).flatMap(splitAtBorder);
  const points = lines.reduce((sum, line) => sum + line.length, 0);
  const degrees = new Float64Array(2 * points);
  const lineEnds = new Uint32Array(lines.length);
  let at = 0;
  for (const [i, line] of lines.entries()) {
    for (const [lon = 0, lat = 0] of line) {
      degrees[at++] = lon;
      degrees[at++] = lat;
    }
    lineEnds[i] = at / 2;
  }
  return { degrees, lineEnds };
}

/** An arc is one line, or the pieces that cutting left of it. */
function splitAtBorder(arc: readonly Position[]): (readonly Position[])[] {
  const pieces: (readonly Position[])[] = [];
  let begin = 0;
  for (let i = 1; i <= arc.length; i++) {
    const [from, to] = [arc[i - 1], arc[i]];
    if (from !== undefined && to !== undefined && !isMapBorder(from, to)) continue;
    if (i - begin > 1) pieces.push(arc.slice(begin, i));
    begin = i;
  }
  return pieces;
}
