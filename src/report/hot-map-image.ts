import { readCoastline } from "../geography/coastline.js";
import type { RunHotMap } from "../load/run-report.js";
import { type Rgb, rampColor } from "./color-ramp.js";
import { prioritiesOf } from "./hot-map-arrays.js";
import { type Html, html } from "./html.js";
import { encodePng } from "./png.js";

const EMPTY_COLOR: Rgb = [0, 0, 0];
/** Even the least hot place has to be seen on the dark ground. */
const COLDEST = 0.3;
/** The outline's unit: a tenth of a degree is less than a pixel. */
const UNITS_A_DEGREE = 10;

/** A priority's colour, 1 to 255, the same in map and legend. */
export function priorityColor(priority: number): Rgb {
  return rampColor(COLDEST + ((1 - COLDEST) * (priority - 1)) / 254);
}

/** The priorities as a PNG of the map's size, clear where nothing is hot. */
export function hotImage(hot: RunHotMap): Buffer {
  const colors = Array.from({ length: 255 }, (_, i) => priorityColor(i + 1));
  return encodePng({
    width: hot.width,
    height: hot.height,
    pixels: prioritiesOf(hot),
    palette: [EMPTY_COLOR, ...colors],
    transparentIndex: 0,
  });
}

/** The outline of the land, to be drawn in degrees with y downwards. */
export function coastOutline(): Html {
  const { degrees, lineEnds } = readCoastline("110m");
  const parts: string[] = [];
  let point = 0;
  for (const end of lineEnds) {
    let [x, y] = unitsAt(degrees, point);
    parts.push(`M${x} ${y}`);
    for (point += 1; point < end; point++) {
      const [nextX, nextY] = unitsAt(degrees, point);
      // The way across the antimeridian would be drawn through the whole map.
      const isLong = Math.abs(nextX - x) > 180 * UNITS_A_DEGREE;
      if (isLong) parts.push(`M${nextX} ${nextY}`);
      else if (nextX !== x || nextY !== y) parts.push(`l${nextX - x} ${nextY - y}`);
      [x, y] = [nextX, nextY];
    }
  }
  return html`<path class="coast" transform="scale(${1 / UNITS_A_DEGREE})" d="${parts.join("")}"></path>`;
}

function unitsAt(degrees: Float64Array, point: number): [number, number] {
  const units = (index: number) => Math.round((degrees[index] ?? 0) * UNITS_A_DEGREE);
  return [units(2 * point), -units(2 * point + 1)];
}
