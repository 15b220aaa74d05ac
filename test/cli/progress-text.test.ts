import { describe, expect, it } from "vitest";
import {
  formatClock,
  formatCount,
  formatPercent,
  formatRows,
  plainText,
  truncate,
} from "../../src/cli/progress-text.js";

describe("counts", () => {
  it("are grouped and whole", () => {
    expect([0, 999, 1000, 6_240_000.4].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "6,240,000",
    ]);
    expect([0, 1, 2].map(formatRows)).toEqual(["0 rows", "1 row", "2 rows"]);
  });

  it("of percent never round up to completeness", () => {
    expect([0, 12.34, 99.99, 100].map(formatPercent)).toEqual([
      "0.0 %",
      "12.3 %",
      "99.9 %",
      "100.0 %",
    ]);
  });
});

describe("times", () => {
  it("are shown as on a clock", () => {
    const times = [-5, 0, 7000, 59_600, 754_000, 3_723_000, 360_000_000];
    expect(times.map(formatClock)).toEqual([
      "0:00",
      "0:00",
      "0:07",
      "1:00",
      "12:34",
      "1:02:03",
      "100:00:00",
    ]);
  });
});

describe("text", () => {
  it("is cut to a width, visibly", () => {
    expect([8, 7, 4, 1, 0].map((width) => truncate("octoload", width))).toEqual([
      "octoload",
      "octolo…",
      "oct…",
      "o",
      "",
    ]);
  });

  it("of others loses what a terminal would obey", () => {
    expect(plainText("a\u001b[31mb\r\nc\u009b2Jd\u007f")).toBe("a [31mb c 2Jd ");
  });
});
