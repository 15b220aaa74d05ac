import type { RunHotMap } from "../load/run-report.js";
import { barChart } from "./bars.js";
import { cssColor } from "./color-ramp.js";
import { bandsOf, type PriorityBand, prioritiesOf } from "./hot-map-arrays.js";
import { coastOutline, hotImage, priorityColor } from "./hot-map-image.js";
import { type Html, html } from "./html.js";
import { FIELD_DEGREES, globe } from "./map-globe.js";
import { percentOf } from "./numbers.js";

const LEGEND_PRIORITIES = [1, 64, 128, 191, 255];

/** Where it is hot over the outline of the land, and how many rows are how hot. */
export function hotSection(hot: RunHotMap): Html {
  const picture = globe({
    png: hotImage(hot),
    width: hot.width,
    what: "hot regions",
    overlay: coastOutline(),
    describe: describer(hot),
  });
  return html`<figure class="map">${picture}
<figcaption><span>priority by place</span>${legend()}</figcaption></figure>
<div class="map"><p class="empty"><code>${hot.regions}</code></p>
${chart(bandsOf(hot))}
<ul class="predicates">${hot.descriptions.map((text) => html`<li>${text}</li>`)}</ul></div>`;
}

/** How much of a field is hot; of its pixels, which are smaller near the poles than they look. */
function describer(hot: RunHotMap): (left: number, top: number) => string {
  const pixels = prioritiesOf(hot);
  const { width, height } = hot;
  const column = (left: number) => Math.round(((left + 180) / 360) * width);
  const row = (top: number) => Math.round(((top + 90) / 180) * height);
  return (left, top) => {
    let some = 0;
    let all = 0;
    for (let y = row(top); y < row(top + FIELD_DEGREES); y++) {
      const line = pixels.subarray(
        y * width + column(left),
        y * width + column(left + FIELD_DEGREES),
      );
      all += line.length;
      some += line.reduce((count, priority) => count + (priority > 0 ? 1 : 0), 0);
    }
    return some === 0 ? "not hot" : `hot regions in ${percentOf(some, all)} of it`;
  };
}

function legend(): Html {
  return html`<span class="legend">${LEGEND_PRIORITIES.map(
    (priority) =>
      html`<span><i style="background:${cssColor(priorityColor(priority))}"></i>${priority}</span>`,
  )}</span>`;
}

function chart(bands: readonly PriorityBand[]): Html {
  return barChart({
    bars: bands.map(({ first, last, rows }) => ({
      label: last === 0 ? "not hot" : `${first} to ${last}`,
      value: rows,
      color: last === 0 ? "var(--muted)" : cssColor(priorityColor((first + last) / 2)),
    })),
    labelHead: "priority",
    barHead: "rows",
    cellHeads: ["rows", "share"],
    scale: "linear",
  });
}
