import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/load/progress.js";
import type { RunReport } from "../../src/load/run-report.js";
import { renderReportHtml } from "../../src/report/report-html.js";
import { mapOf, someRejected } from "../support/report-samples.js";

function render(changes: Partial<RunReport> = {}): string {
  return renderReportHtml({ ...someRejected, ...changes });
}

/** What is read of it: no tags, the narrow spaces of numbers as blanks. */
function textOf(page: string): string {
  const body = page.slice(page.indexOf("<body>"));
  return body
    .replaceAll(/<title>[^<]*<\/title>/g, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("\u202f", "")
    .replaceAll(/\s+/g, " ");
}

const withoutEnd = new Set(["meta", "line", "rect", "polygon", "polyline", "image"]);

/** Fails unless each tag is closed by its own, in order. */
function expectBalanced(page: string): void {
  const open: string[] = [];
  for (const [, slash, name = ""] of page.matchAll(/<(\/?)([a-z0-9]+)\b(?:[^<>"]|"[^"]*")*>/g)) {
    if (slash === "/") {
      while (open.at(-1) !== name && withoutEnd.has(open.at(-1) ?? "")) open.pop();
      expect(open.pop()).toBe(name);
    } else {
      open.push(name);
    }
  }
  expect(open).toEqual([]);
}

const empty: Partial<RunReport> = {
  outcome: "done",
  total: 0,
  elapsedMs: 0,
  sinks: [],
  source: { name: "", files: [], fingerprint: "" },
  orphans: 0,
  collisions: 0,
  rejectedByCode: [],
  warnings: [],
  levels: [],
  materials: [],
  stages: [],
  throughput: [],
  map: mapOf(2, 1, [255, 255], []),
};

const evil = `<script>alert("1")</script>'"><img src=x onerror=alert(2)>`;

const hostile: Partial<RunReport> = {
  runId: evil,
  octoload: evil,
  startedAt: evil,
  error: { code: evil, message: evil },
  source: {
    name: evil,
    files: [{ path: evil, table: evil, rows: 1 }],
    fingerprint: evil,
  },
  frame: { name: evil, min: [0], size: [] },
  filters: { [evil]: evil },
  sinks: [{ url: evil, layout: evil, loaded: 1, rejected: 0, skipped: 0 }],
  rejectedByCode: [{ code: evil, rows: 1 }],
  warnings: [{ code: evil, rows: 1, message: evil }],
  stages: [{ name: evil, rows: 1, busyMs: 1 }],
  throughput: [{ atMs: 5, phase: evil, rowsPerSecond: 1 }],
};

const many: Partial<RunReport> = {
  levels: Array.from({ length: 27 }, (_, level) => ({ level, rows: 2 ** level })),
  materials: Array.from({ length: 50 }, (_, i) => ({ materialId: -i, rows: 51 - i })),
  otherMaterials: 4321,
  map: mapOf(
    27,
    1,
    Array.from({ length: 27 }, (_, i) => i),
    [4_294_967_295],
  ),
};

describe("renderReportHtml", () => {
  it("tells every count", () => {
    const text = textOf(render());
    expect(text).toContain("earth some rows rejected");
    for (const expected of [
      "rows 100012 after filters loaded 100000 99.9% rejected 12 &lt;0.1%",
      "time 20.0 s resumed once rows per second 5000",
      "collisions 2",
      "orphans 3",
      "sqlite:earth.octree node 100000 12 0 all",
      "OUT_OF_FRAME 10 A point is outside",
      "CODE_OF_TOMORROW 2",
      "SLOW_DISK – the disk is slow",
      "5 99999 99.9%",
      "7 90000 90.0%",
      "NULL 10000 10.0%",
      "pack 4.0 s 100012 40.00 µs",
      "earth.gpkg octree 100012",
      "--where Level &lt; 20",
      "fingerprint pages:7:12345",
      "size 40000000, 20000000, 20000000 m",
    ]) {
      expect(text).toContain(expected);
    }
  });

  it("counts what was pruned, only where a run prunes", () => {
    const [sink] = someRejected.sinks;
    if (sink === undefined) throw new Error("the sample has a sink");
    const text = textOf(render({ sinks: [{ ...sink, pruned: 1370, live: 2 }] }));
    expect(text).toContain("skipped pruned newer, kept accounted for");
    expect(text).toContain("100000 12 0 1370 2 all");
    expect(textOf(render())).not.toContain("pruned");
  });

  it("shows the root digest of each target, where the run kept digests", () => {
    const [sink] = someRejected.sinks;
    if (sink === undefined) throw new Error("the sample has a sink");
    const root = "0123456789abcdef".repeat(4);
    const digests = { root, rows: 100_000, rangeLevel: 4, ranges: 512, file: "digests.json" };
    const text = textOf(render({ sinks: [sink, { ...sink, url: "null:", digests }] }));
    expect(text).toContain(`null: ${root} 100000 512`);
    expect(textOf(render())).not.toContain("digest");
  });

  it("says which rows of a target are not accounted for", () => {
    const sink = { url: "null:", layout: "node", loaded: 10, rejected: 0, skipped: 2 };
    expect(textOf(render({ total: 20, sinks: [sink] }))).toContain("10 0 2 8 not yet");
    expect(textOf(render({ total: 11, sinks: [sink] }))).toContain("10 0 2 1 twice");
  });

  it("names each outcome and the error that ended it", () => {
    const badges: Record<Outcome, string> = {
      done: "done",
      rejected: "some rows rejected",
      "max-errors": "stopped at --max-errors",
      interrupted: "interrupted",
      failed: "failed",
      "dry-run": "dry run",
    };
    for (const [outcome, badge] of Object.entries(badges) as [Outcome, string][]) {
      expect(render({ outcome })).toContain(`">${badge}</p>`);
    }
    const error = { code: "SINK_FAILED", message: "the disk is full" };
    expect(textOf(render({ outcome: "failed", error }))).toContain("SINK_FAILED the disk is full");
  });

  it("is one file that runs and fetches nothing", () => {
    for (const page of [render(), render(empty), render(hostile), render(many)]) {
      expect(page).not.toMatch(/<(script|link|iframe|object|embed|base|form)\b/i);
      expect(page.replaceAll(/"data:[^"]*"/g, "")).not.toMatch(/(https?:)?\/\/[a-z]/i);
      const sources = [...page.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, url]) => url);
      for (const url of sources) expect(url).toMatch(/^data:image\/png;base64,[\w+/=]+$/);
      expect(page).not.toMatch(/url\(|@import/);
    }
  });

  it("is well-formed and shows no broken number, whatever the run was", () => {
    for (const page of [render(), render(empty), render(hostile), render(many)]) {
      expect(page.startsWith("<!doctype html>\n")).toBe(true);
      expectBalanced(page);
      expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
    }
  });

  it("lets nothing of a run become markup", () => {
    const page = render(hostile);
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
  });

  it("says so where there is nothing to show", () => {
    const text = textOf(render(empty));
    expect(text).toContain("No node was loaded that a map could show.");
    expect(text).toContain("The run was too short");
    expect(text).not.toContain("Rejected rows");
    expect(text).not.toContain("Warnings");
  });

  it("shows all levels and materials, and sums up the rest", () => {
    const text = textOf(render(many));
    expect(text).toContain("26 67108864 50.0%");
    expect(text).toContain("-49 2 ");
    expect(text).toContain("all others 4321");
    expect(render(many)).toContain("4\u202f294\u202f967\u202f295 nodes, down to level");
  });

  it("draws the phases of the run in their order", () => {
    const text = textOf(render());
    expect(text.indexOf("reading")).toBeGreaterThan(0);
    expect(text.indexOf("loading")).toBeGreaterThan(text.indexOf("reading"));
    expect(render()).toContain("5.0 s to 10.0 s\nreading: 0 rows/s");
  });
});
