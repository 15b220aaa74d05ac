import type { ComparedPrediction, PlanComparison, PredictionUnit } from "../load/predictions.js";
import { type Html, html, nothing } from "./html.js";
import { byteSize, formatDuration, formatTime, groupedCount } from "./numbers.js";

/** What the preflight foretold, beside what the run measured. */
export function planSection({ madeAt, isSameSource, values }: PlanComparison): Html {
  const changed = isSameSource
    ? nothing
    : html`<p class="empty">The source has changed since the plan was made.</p>`;
  return html`<p class="note">Made ${formatTime(madeAt)} by octoload inspect.</p>
${changed}<div class="scroll"><table><thead><tr><th scope="col">what</th><th scope="col" class="number">foreseen</th><th scope="col" class="number">measured</th><th scope="col" class="number">ratio</th></tr></thead><tbody>${values.map(row)}</tbody></table></div>`;
}

function row(one: ComparedPrediction): Html {
  const { name, unit, target, predicted, measured } = one;
  const place = target === undefined ? nothing : html` <span class="path">${target}</span>`;
  return html`<tr><td>${name}${place}</td><td class="number">${quantity(predicted, unit)}</td><td class="number">${measured === null ? "–" : quantity(measured, unit)}</td><td class="number">${ratioText(one)}</td></tr>`;
}

export function quantity(value: number, unit: PredictionUnit): string {
  if (unit === "ms") return formatDuration(value);
  if (unit === "bytes") return byteSize(value);
  return unit === "rows" ? groupedCount(value) : `${groupedCount(value)} rows/s`;
}

/** Measured by foreseen. */
export function ratioText({ predicted, measured }: ComparedPrediction): string {
  if (measured === null) return "–";
  if (measured === predicted) return "1";
  return predicted === 0 ? "–" : (measured / predicted).toFixed(2);
}
