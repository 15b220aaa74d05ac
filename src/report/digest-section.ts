import type { RunReport } from "../load/run-report.js";
import { type Html, html } from "./html.js";
import { groupedCount } from "./numbers.js";

export function hasDigests({ sinks }: RunReport): boolean {
  return sinks.some(({ digests }) => digests !== undefined);
}

/** The root digest of what each target acknowledged. */
export function digestSection({ sinks }: RunReport): Html {
  const rows = sinks.flatMap(({ url, digests }) => {
    if (digests === undefined) return [];
    const { root, rows: count, ranges } = digests;
    return html`<tr><td class="path">${url}</td><td class="path"><code>${root}</code></td><td class="number">${groupedCount(count)}</td><td class="number">${groupedCount(ranges)}</td></tr>`;
  });
  return html`<p>The same rows of the same source have the same root digest, whatever target, layout or run they went through.</p>
<div class="scroll"><table><thead><tr><th scope="col">target</th><th scope="col">root digest</th><th scope="col" class="number">rows</th><th scope="col" class="number">ranges</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
