import type { RunMap } from "../load/run-report.js";
import { cssColor } from "./color-ramp.js";
import { type Html, html } from "./html.js";
import { deepestLevelsOf, NO_LEVEL, nodesOf } from "./map-arrays.js";
import {
  type LevelRange,
  levelColor,
  levelImage,
  levelRange,
  mostNodes,
  nodesColor,
  nodesImage,
} from "./map-image.js";
import { groupedCount, shortCount } from "./numbers.js";

/** Degrees between the lines of the graticule, and the size of the fields with a tooltip. */
const GRATICULE_DEGREES = 30;
const LEGEND_STEPS = 5;

/** The planet twice: how fine it is, and where the nodes are. */
export function mapSection(map: RunMap): Html {
  const range = levelRange(map);
  if (range === undefined)
    return html`<p class="empty">No node was loaded that a map could show.</p>`;
  const most = mostNodes(map);
  return html`<figure class="map">${picture(map, levelImage(map, range), "deepest level")}
<figcaption><span>deepest level</span>${levelLegend(range)}</figcaption></figure>
<figure class="map">${picture(map, nodesImage(map), "nodes")}
<figcaption><span>nodes a pixel, logarithmic</span>${nodesLegend(most)}</figcaption></figure>`;
}

function picture(map: RunMap, png: Buffer, what: string): Html {
  // Few pixels are shown as what they are, many smoothly.
  const rendering = map.width < 600 ? "pixelated" : "auto";
  return html`<div class="globe">
<svg viewBox="-180 -90 360 180" preserveAspectRatio="none" role="img" aria-label="map of the ${what}">
<image x="-180" y="-90" width="360" height="180" preserveAspectRatio="none" style="image-rendering:${rendering}" href="data:image/png;base64,${png.toString("base64")}"/>
${graticule()}
${fields(map)}
</svg>${degreeLabels()}</div>`;
}

function graticule(): Html[] {
  const lines: Html[] = [];
  for (let lon = -180 + GRATICULE_DEGREES; lon < 180; lon += GRATICULE_DEGREES) {
    lines.push(html`<line class="graticule" x1="${lon}" x2="${lon}" y1="-90" y2="90"/>`);
  }
  for (let lat = -90 + GRATICULE_DEGREES; lat < 90; lat += GRATICULE_DEGREES) {
    const name = lat === 0 ? "graticule equator" : "graticule";
    lines.push(html`<line class="${name}" x1="-180" x2="180" y1="${-lat}" y2="${-lat}"/>`);
  }
  return lines;
}

function degreeLabels(): Html[] {
  const labels: Html[] = [];
  for (let lon = -120; lon <= 120; lon += 60) {
    const left = (((lon + 180) / 360) * 100).toFixed(2);
    labels.push(html`<span class="lon" style="left:${left}%">${longitude(lon)}</span>`);
  }
  for (let lat = -60; lat <= 60; lat += GRATICULE_DEGREES) {
    const top = (((90 - lat) / 180) * 100).toFixed(2);
    labels.push(html`<span class="lat" style="top:${top}%">${latitude(lat)}</span>`);
  }
  return labels;
}

/** Invisible fields that say what lies under the pointer. */
function fields(map: RunMap): Html[] {
  const levels = deepestLevelsOf(map);
  const nodes = nodesOf(map);
  const found: Html[] = [];
  for (let top = -90; top < 90; top += GRATICULE_DEGREES) {
    for (let left = -180; left < 180; left += GRATICULE_DEGREES) {
      const { deepest, count } = sumField(map, levels, nodes, left, top);
      const place = `${latitude(-top - GRATICULE_DEGREES)} to ${latitude(-top)}, ${longitude(left)} to ${longitude(left + GRATICULE_DEGREES)}`;
      const content =
        deepest < 0 ? "no nodes" : `${groupedCount(count)} nodes, down to level ${deepest}`;
      found.push(
        html`<rect class="hover" x="${left}" y="${top}" width="${GRATICULE_DEGREES}" height="${GRATICULE_DEGREES}"><title>${place}
${content}</title></rect>`,
      );
    }
  }
  return found;
}

function sumField(
  { width, height }: RunMap,
  levels: Uint8Array,
  nodes: Uint32Array,
  left: number,
  top: number,
): { deepest: number; count: number } {
  const column = (lon: number) => Math.round(((lon + 180) / 360) * width);
  const row = (fromNorth: number) => Math.round(((fromNorth + 90) / 180) * height);
  let deepest = -1;
  let count = 0;
  for (let y = row(top); y < row(top + GRATICULE_DEGREES); y++) {
    for (let x = column(left); x < column(left + GRATICULE_DEGREES); x++) {
      const level = levels[y * width + x] ?? NO_LEVEL;
      if (level !== NO_LEVEL && level > deepest) deepest = level;
      count += nodes[y * width + x] ?? 0;
    }
  }
  return { deepest, count };
}

function levelLegend(range: LevelRange): Html {
  const levels = Array.from(
    { length: range.highest - range.lowest + 1 },
    (_, i) => range.lowest + i,
  );
  return html`<span class="legend">${levels.map(
    (level) =>
      html`<span><i style="background:${cssColor(levelColor(level, range))}"></i>${level}</span>`,
  )}</span>`;
}

function nodesLegend(most: number): Html {
  const places = Array.from({ length: LEGEND_STEPS }, (_, i) => i / (LEGEND_STEPS - 1));
  // Small maxima repeat themselves on a logarithmic scale: each count once.
  const counts = [...new Set(places.map((t) => Math.max(1, Math.round((1 + most) ** t - 1))))];
  return html`<span class="legend">${counts.map((count) => {
    const place = most === 0 ? 0 : Math.log1p(count) / Math.log1p(most);
    return html`<span><i style="background:${cssColor(nodesColor(place))}"></i>${shortCount(count)}</span>`;
  })}</span>`;
}

function longitude(degrees: number): string {
  if (degrees === 0 || Math.abs(degrees) === 180) return `${Math.abs(degrees)}°`;
  return `${Math.abs(degrees)}° ${degrees < 0 ? "W" : "E"}`;
}

function latitude(degrees: number): string {
  if (degrees === 0) return "0°";
  return `${Math.abs(degrees)}° ${degrees < 0 ? "S" : "N"}`;
}
