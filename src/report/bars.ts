import { type Html, html, nothing } from "./html.js";
import { groupedCount, percentOf, shortCount } from "./numbers.js";

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** CSS; the accent colour otherwise. */
  readonly color?: string;
  /** Shown beside the bar in place of the value and its share. */
  readonly cells?: readonly string[];
}

export interface BarChart {
  readonly bars: readonly Bar[];
  /** Heads of the columns: what the labels are, the bars' unit, what the cells are. */
  readonly labelHead: string;
  readonly barHead: string;
  readonly cellHeads: readonly string[];
  readonly scale: "linear" | "logarithmic";
}

/** Horizontal bars as a table, so that their numbers align and are read without the picture. */
export function barChart(chart: BarChart): Html {
  const { bars, labelHead, cellHeads, scale } = chart;
  const most = bars.reduce((max, { value }) => Math.max(max, value), 0);
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(1, most))));
  const place = (value: number) => {
    if (value <= 0 || most <= 0) return 0;
    return scale === "linear" ? value / most : Math.log10(Math.max(1, value)) / decades;
  };
  const total = bars.reduce((sum, { value }) => sum + value, 0);
  return html`<table class="bars">
<thead><tr><th scope="col">${labelHead}</th><th scope="col" class="axis">${axis(chart, decades)}</th>${cellHeads.map(
    (head) => html`<th scope="col" class="number">${head}</th>`,
  )}</tr></thead>
<tbody>${bars.map((bar) => barRow(bar, place(bar.value), total, scale === "linear" ? 0 : decades))}</tbody>
</table>`;
}

function barRow(bar: Bar, place: number, total: number, decades: number): Html {
  const { label, value, color = "var(--accent)" } = bar;
  const cells = bar.cells ?? [groupedCount(value), percentOf(value, total)];
  const width = (place * 100).toFixed(2);
  const grid = decades > 0 ? `background-size:${(100 / decades).toFixed(4)}% 100%` : "";
  return html`<tr title="${[label, ...cells].join(" · ")}"><th scope="row">${label}</th>
<td class="track"><span class="${decades > 0 ? "grid" : "plain"}" style="${grid}">${
    value > 0 ? html`<i style="width:${width}%;background:${color}"></i>` : nothing
  }</span></td>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`;
}

/** Powers of ten above a logarithmic scale, thinned out to at most five; else the unit alone. */
function axis({ barHead, scale }: BarChart, decades: number): Html {
  if (scale === "linear") return html`${barHead}`;
  const step = Math.ceil(decades / 5);
  const powers = Array.from({ length: Math.floor(decades / step) + 1 }, (_, i) => i * step);
  const ticks = powers.map((power) => {
    const left = ((power / decades) * 100).toFixed(2);
    const name = power === decades ? "tick end" : "tick";
    return html`<span class="${name}" style="left:${left}%">${shortCount(10 ** power)}</span>`;
  });
  return html`<span class="sr">${barHead}</span><span class="ticks">${ticks}</span>`;
}
