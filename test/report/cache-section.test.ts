import { describe, expect, it } from "vitest";
import type { CacheReport } from "../../src/load/cache-report.js";
import { cacheSection } from "../../src/report/cache-section.js";
import { renderReportHtml } from "../../src/report/report-html.js";
import { someRejected } from "../support/report-samples.js";

const cache: CacheReport = {
  url: "redis://127.0.0.1:6379",
  ...{ offered: 1000, cached: 600, older: 50, skipped: 350 },
  skippedBy: { "over-budget": 300, refused: 50 },
  lowestPriority: 74,
  memory: {
    ...{ budgetBytes: 2 ** 22, predictedEntries: 650, predictedBytes: 2 ** 20 },
    ...{ entryBytes: 213.2, grownBytes: null },
  },
  lastErrors: { refused: "ERR <no>" },
};

const textOf = (page: string) =>
  page
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("\u202f", "")
    .replaceAll(/\s+/g, " ");

describe("the card of the hot cache", () => {
  it("tells what became of each hot row, and why not", () => {
    const text = textOf(cacheSection(cache).text);
    for (const part of [
      "cached 600 60.0%",
      "newer there 50 5.0%",
      "not cached 350 35.0%",
      "not cached: over-budget 300",
      "not cached: refused, ERR &lt;no&gt; 50",
      "entries 650 600",
      "MiB 1.0 not known",
      "bytes an entry 213",
      "Allowed: 4.0 MiB in all, so rows from priority 74 up were taken.",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("is on the page of a run that filled one, and on no other", () => {
    expect(renderReportHtml({ ...someRejected, cache })).toContain("Hot cache");
    expect(renderReportHtml(someRejected)).not.toContain("Hot cache");
  });
});
