import type { CacheFacts } from "./cache-facts.js";
import { type CheckLine, lineMaker } from "./lines.js";
import { bytesText, countText, rowsText } from "./words.js";

/** What the hot cache's facts mean for a load. */
export function cacheLines(facts: CacheFacts, isDualWrite: boolean): CheckLine[] {
  const line = lineMaker("cache", facts.url);
  const { refusal, hotRows, cachedRows, predictedBytes, servers, budgetBytes } = facts;
  if (refusal !== null) {
    const { fault, code, remedy } = refusal;
    return [line("cache", "no-go", fault, { code, remedy })];
  }
  const lines: CheckLine[] = [];
  const size = `about ${bytesText(predictedBytes)}`;
  const bounds = [
    ...(budgetBytes === null ? [] : [`${bytesText(budgetBytes)} allowed`]),
    ...servers.flatMap(({ node, maxBytes, usedBytes }) =>
      maxBytes === null ? [] : [`${node}: ${bytesText(Math.max(0, maxBytes - usedBytes))} free`],
    ),
  ];
  const room = bounds.length === 0 ? "" : ` (${bounds.join(", ")})`;
  if (cachedRows < hotRows) {
    const finding = `${countText(cachedRows)} of ${rowsText(hotRows)} fit, ${size}${room}: the hottest`;
    const remedy = "Give the cache more memory, or name fewer regions, if all of them count.";
    lines.push(line("hot rows", "warning", finding, { code: "NOT_CACHED", remedy }));
  } else {
    lines.push(
      line("hot rows", hotRows === 0 ? "warning" : "go", `${rowsText(hotRows)}, ${size}${room}`),
    );
  }
  if (servers.some(({ maxBytes }) => maxBytes === null) && budgetBytes === null) {
    const remedy = "Set maxmemory, or --hot-max-memory.";
    lines.push(line("memory limit", "warning", "nothing bounds the cache's memory", { remedy }));
  }
  if (isDualWrite) {
    const finding = "T0 is set: the load does not fill the cache";
    lines.push(
      line("dual write", "warning", finding, { remedy: "octoload warm does, afterwards." }),
    );
  }
  return lines;
}
