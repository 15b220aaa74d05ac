import type { CacheReport } from "../load/cache-report.js";
import { type Html, html, nothing } from "./html.js";
import { groupedCount, percentOf } from "./numbers.js";

const MIB = 2 ** 20;

/** What became of a run's hot rows, and how well their memory was foreseen. */
export function cacheSection(cache: CacheReport): Html {
  const { offered, cached, older, skipped, skippedBy, lastErrors } = cache;
  const reasons = Object.entries(skippedBy).map(([reason, rows]) => {
    const text = lastErrors[reason as keyof typeof lastErrors];
    return html`<tr><td>not cached: ${reason}${text ? `, ${text}` : ""}</td><td class="number">${groupedCount(rows)}</td><td class="number">${percentOf(rows, offered)}</td></tr>`;
  });
  return html`<p class="empty"><code>${cache.url}</code></p>
<table><thead><tr><th>hot rows</th><th>${groupedCount(offered)}</th><th>share</th></tr></thead><tbody>
<tr><td>cached</td><td class="number">${groupedCount(cached)}</td><td class="number">${percentOf(cached, offered)}</td></tr>
<tr><td>newer there</td><td class="number">${groupedCount(older)}</td><td class="number">${percentOf(older, offered)}</td></tr>
<tr><td>not cached</td><td class="number">${groupedCount(skipped)}</td><td class="number">${percentOf(skipped, offered)}</td></tr>
${reasons}</tbody></table>
${memory(cache)}`;
}

function memory({ memory: found, cached, lowestPriority }: CacheReport): Html {
  const { budgetBytes, predictedEntries, predictedBytes, entryBytes, grownBytes } = found;
  return html`<table><thead><tr><th>memory</th><th>predicted</th><th>measured</th></tr></thead><tbody>
<tr><td>entries</td><td class="number">${groupedCount(predictedEntries)}</td><td class="number">${groupedCount(cached)}</td></tr>
<tr><td>MiB</td><td class="number">${mib(predictedBytes)}</td><td class="number">${grownBytes === null ? "not known" : mib(grownBytes)}</td></tr>
<tr><td>bytes an entry</td><td></td><td class="number">${entryBytes === null ? "not known" : groupedCount(entryBytes)}</td></tr>
</tbody></table>
${budgetBytes === null ? nothing : html`<p class="empty">Allowed: ${mib(budgetBytes)} MiB in all, so rows from priority ${lowestPriority} up were taken.</p>`}`;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
