import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatTime,
  groupedCount,
  percentOf,
  shortCount,
  timePerRow,
} from "../../src/report/numbers.js";

describe("numbers of a report", () => {
  it("are grouped by narrow spaces", () => {
    expect([0, 999, 1000, -20_000_000, 6_240_000].map(groupedCount)).toEqual([
      "0",
      "999",
      "1\u202f000",
      "-20\u202f000\u202f000",
      "6\u202f240\u202f000",
    ]);
  });

  it("are short on axes", () => {
    expect([0, 950, 999.9, 1200, 34_000, 999_600, 5.64e6, 4e9].map(shortCount)).toEqual([
      "0",
      "950",
      "1k",
      "1.2k",
      "34k",
      "1M",
      "5.6M",
      "4G",
    ]);
  });

  it("as shares are never complete while something is missing, nor nothing while there is some", () => {
    expect(percentOf(1, 0)).toBe("–");
    expect(percentOf(0, 5)).toBe("0.0\u202f%");
    expect(percentOf(1, 1_000_000)).toBe("<\u202f0.1\u202f%");
    expect(percentOf(999_999, 1_000_000)).toBe("99.9\u202f%");
    expect(percentOf(5, 5)).toBe("100.0\u202f%");
  });

  it("as times read well", () => {
    expect([0, 850, 3210, 59_960, 125_000, 11_220_000].map(formatDuration)).toEqual([
      "0 ms",
      "850 ms",
      "3.2 s",
      "1 min 00 s",
      "2 min 05 s",
      "3 h 07 min",
    ]);
    expect(formatTime("2026-01-31T12:00:05.678Z")).toBe("2026-01-31 12:00:05 UTC");
    expect(formatTime("never")).toBe("never");
  });

  it("as time a row have the unit that suits", () => {
    expect(timePerRow(5, 0)).toBe("–");
    expect(timePerRow(3120, 10_000_000)).toBe("312 ns");
    expect(timePerRow(11_200, 10_000_000)).toBe("1.12 µs");
    expect(timePerRow(3000, 1000)).toBe("3.0 ms");
  });
});
