import { describe, expect, it } from "vitest";
import type { RunHotMap } from "../../src/load/run-report.js";
import { bandsOf, prioritiesOf } from "../../src/report/hot-map-arrays.js";
import { coastOutline, hotImage, priorityColor } from "../../src/report/hot-map-image.js";
import { hotSection } from "../../src/report/hot-map-section.js";
import { renderReportHtml } from "../../src/report/report-html.js";
import { someRejected } from "../support/report-samples.js";

function hotMap(changes: Partial<RunHotMap> = {}): RunHotMap {
  const rows = Array.from({ length: 256 }, () => 0);
  rows.splice(0, 2, 900, 50);
  rows.splice(255, 1, 50);
  return {
    regions: "coastal:10;level>=12",
    descriptions: ["within 10 km of a coast", "level 12 and deeper"],
    width: 12,
    height: 6,
    priorities: Buffer.from(Uint8Array.from({ length: 72 }, (_, i) => (i < 3 ? 200 : 0))).toString(
      "base64",
    ),
    rows,
    ...changes,
  };
}

const textOf = (page: string) =>
  page
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("\u202f", "")
    .replaceAll(/\s+/g, " ");

describe("the map of hot regions", () => {
  it("tells the rows of each band of priorities", () => {
    const bands = bandsOf(hotMap());
    expect(bands.map(({ first, last }) => [first, last])).toEqual([
      [224, 255],
      [192, 223],
      [160, 191],
      [128, 159],
      [96, 127],
      [64, 95],
      [32, 63],
      [1, 31],
      [0, 0],
    ]);
    expect(bands.map(({ rows }) => rows)).toEqual([50, 0, 0, 0, 0, 0, 0, 50, 900]);
    const text = textOf(hotSection(hotMap()).text);
    for (const part of [
      "not hot 900 90.0%",
      "1 to 31 50 5.0%",
      "224 to 255 50 5.0%",
      "within 10 km of a coast",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("tells how much of each part of the map is hot", () => {
    const page = hotSection(hotMap()).text;
    expect(page).toContain("60° N to 90° N, 180° to 150° W\nhot regions in 100.0\u202f% of it");
    expect(page).toContain("60° N to 90° N, 90° W to 60° W\nnot hot");
  });

  it("gives each priority a colour of its own, and shows none where nothing is hot", () => {
    const shades = new Set(Array.from({ length: 255 }, (_, i) => priorityColor(i + 1).join()));
    expect(shades.size).toBeGreaterThan(200);
    expect(hotImage(hotMap()).subarray(1, 4).toString("latin1")).toBe("PNG");
    expect([...prioritiesOf(hotMap())].filter((priority) => priority === 200).length).toBe(3);
  });

  it("draws the land's outline within the map", () => {
    const path = coastOutline().text;
    expect(path).toMatch(/^<path class="coast" transform="scale\(0\.1\)" d="M[-\d Ml]+"><\/path>$/);
    let [x, y] = [0, 0];
    for (const [, command, a, b] of path.matchAll(/([Ml])(-?\d+) (-?\d+)/g)) {
      [x, y] = command === "M" ? [Number(a), Number(b)] : [x + Number(a), y + Number(b)];
      expect(Math.abs(x)).toBeLessThanOrEqual(1800);
      expect(Math.abs(y)).toBeLessThanOrEqual(900);
    }
  });

  it("bears arrays that are too short or too long", () => {
    expect(prioritiesOf(hotMap({ priorities: "" })).length).toBe(72);
    expect(prioritiesOf(hotMap({ width: 1, height: 1 })).length).toBe(1);
    expect(textOf(hotSection(hotMap({ rows: [] })).text)).not.toMatch(/NaN|undefined/);
  });

  it("stands in the report of a run that had hot regions, and only there", () => {
    expect(renderReportHtml({ ...someRejected, hot: hotMap() })).toContain("<h2>Hot regions</h2>");
    expect(renderReportHtml(someRejected)).not.toContain("Hot regions");
    const evil = "<script>alert(1)</script>";
    const page = renderReportHtml({
      ...someRejected,
      hot: hotMap({ regions: evil, descriptions: [evil] }),
    });
    expect(page).not.toContain("<script");
  });
});
