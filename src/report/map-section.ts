import type { RunMap } from "../load/run-report.js";
import { cssColor } from "./color-ramp.js";
import { type Html, html } from "./html.js";
import { deepestLevelsOf, NO_LEVEL, nodesOf } from "./map-arrays.js";
import { FIELD_DEGREES, globe } from "./map-globe.js";
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
  const levels = deepestLevelsOf(map);
  const nodes = nodesOf(map);
  const describe = (left: number, top: number) => {
    const { deepest, count } = sumField(map, levels, nodes, left, top);
    return deepest < 0 ? "no nodes" : `${groupedCount(count)} nodes, down to level ${deepest}`;
  };
  return globe({ png, width: map.width, what, describe });
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
  for (let y = row(top); y < row(top + FIELD_DEGREES); y++) {
    for (let x = column(left); x < column(left + FIELD_DEGREES); x++) {
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
