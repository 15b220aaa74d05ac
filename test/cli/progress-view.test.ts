import { describe, expect, it } from "vitest";
import { createProgressView } from "../../src/cli/progress-view.js";
import type { Progress, RunEvent } from "../../src/load/progress.js";
import { halfDone } from "../support/progress-samples.js";
import { Screen } from "../support/screen.js";

interface Options {
  readonly isTerminal?: boolean;
  readonly json?: boolean;
  readonly lines?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Without one, the window may change its size: what a terminal does with its lines is its own. */
  readonly hasScreen?: boolean;
}

function start({
  isTerminal = true,
  json = false,
  lines = 24,
  env = {},
  hasScreen = true,
}: Options = {}) {
  let nowMs = 0;
  let columns = 80;
  const written: string[] = [];
  const screen = new Screen(80);
  const view = createProgressView({
    terminal: {
      write: (text) => {
        written.push(text);
        if (hasScreen) screen.write(text);
      },
      isTerminal,
      columns: () => columns,
      lines: () => lines,
      env: { LANG: "en_GB.UTF-8", NO_COLOR: "1", ...env },
    },
    json,
    nowMs: () => nowMs,
  });
  const progressAt = (ms: number, changes: Partial<Progress> = {}) => {
    nowMs = ms;
    view.onEvent({ event: "progress", ...halfDone, ...changes });
  };
  const setColumns = (count: number) => {
    columns = count;
  };
  return { view, screen, written, progressAt, setColumns };
}

const started: RunEvent = {
  event: "started",
  runId: "20260131-a1b2",
  runDir: "octoload-runs/20260131-a1b2",
  resumed: false,
};
const warning: RunEvent = { event: "warning", code: "SLOW", message: "one\u001b[2Jtwo\nthree" };
const finished: RunEvent = { event: "finished", outcome: "done", exitCode: 0 };

describe("on a terminal", () => {
  it("shows nothing of a run of less than two seconds", () => {
    const { view, written, progressAt } = start();
    view.onEvent(started);
    progressAt(0);
    progressAt(1999);
    view.onEvent(finished);
    view.close();
    expect(written).toEqual([]);
  });

  it("shows one block with everything in it", () => {
    const { view, screen, progressAt } = start();
    view.onEvent(started);
    progressAt(2000);
    expect(screen.text.split("\n")).toEqual([
      "loading   ███████████████████████████████████████████████░░░░░░░░░░░░░  78.5 %",
      "rows      5,230,012 of 10,000,000 loaded, 12 rejected",
      "rows/s    812,345 now, 790,110 average",
      "time      0:12 elapsed, 0:05 left",
      "limit     the target sqlite:earth.octree",
      "stages    pack 3.1 s  encode 850 ms",
      "target    sqlite:earth.octree  5,230,000 loaded, 12 rejected, 1,000 rows behind",
      "target    null:                5,231,000 loaded, 12 rejected, 0 rows behind",
      "rejected  OUT_OF_FRAME 10  LEVEL_INVALID 2",
      "keys      Ctrl-C saves and stops; octoload runs pause|resume|rate 20260131-a1b2",
    ]);
  });

  it("shows what a target says that limits it", () => {
    const { view, screen, progressAt } = start();
    view.onEvent(started);
    const [slow, ...others] = halfDone.sinks;
    if (slow === undefined) throw new Error("no target");
    progressAt(2000, { sinks: [{ ...slow, limit: "its latency" }, ...others] });
    expect(screen.text).toContain("limit     the target sqlite:earth.octree: its latency");
    view.onEvent({ event: "note", message: "node 10.0.0.1 is down" });
    expect(screen.text).toContain("node 10.0.0.1 is down");
  });

  it("redraws in place, a few times a second at most", () => {
    const { view, screen, written, progressAt } = start();
    for (let ms = 2000; ms < 3000; ms += 10) progressAt(ms, { percent: ms / 100 });
    expect(written).toHaveLength(5);
    expect(screen.text.match(/loading/g)).toHaveLength(1);
    expect(screen.text).toContain("28.0 %");
    view.close();
    expect(screen.text).toBe("");
    expect(screen.isAtRest).toBe(true);
  });

  it("puts messages above the block, without what they could do to a terminal", () => {
    const { view, screen, progressAt } = start();
    progressAt(2000);
    view.onEvent(warning);
    view.print("a line of somebody else");
    const [first, second, third] = screen.text.split("\n");
    expect(first).toBe("warning: SLOW: one [2Jtwo three");
    expect(second).toBe("a line of somebody else");
    expect(third).toMatch(/^loading {3}█/);
    expect(screen.text.match(/loading/g)).toHaveLength(1);
  });

  it("says that it is stopping, before the block was ever shown too", () => {
    const early = start();
    early.view.onEvent({ event: "stopping" });
    expect(early.screen.text).toBe("finishing what is in flight; Ctrl-C again leaves at once");
    const late = start();
    late.progressAt(2000);
    late.view.onEvent({ event: "stopping" });
    expect(late.screen.text.split("\n").at(-1)).toBe(
      "stopping  finishing what is in flight; Ctrl-C again leaves at once",
    );
  });

  it("shows a pause and the rate that is set", () => {
    const { screen, progressAt } = start();
    progressAt(2000, { isPaused: true, limit: "paused", rateLimit: 50_000, etaMs: null });
    expect(screen.text).toMatch(/^paused {4}█/);
    expect(screen.text).toContain("812,345 now, 790,110 average, 50,000 allowed\n");
    expect(screen.text).toContain("0:12 elapsed\n");
    expect(screen.text).toContain("limit     the pause");
  });

  it("tells of reading before anything is known", () => {
    const { screen, progressAt } = start();
    progressAt(2000, {
      phase: "scan",
      phaseRows: 1,
      phaseTotal: null,
      percent: 0,
      failed: 0,
      rejectedByCode: {},
      stages: [],
      sinks: [],
    });
    expect(screen.text).toMatch(/^reading/);
    expect(screen.text).toContain("rows      1 read\n");
    expect(screen.text).not.toContain("stages");
  });

  it("keeps within the window, however small", () => {
    for (const columns of [1, 2, 8, 12, 30]) {
      const { screen, progressAt, setColumns } = start();
      setColumns(columns);
      progressAt(2000);
      for (const line of screen.text.split("\n"))
        expect(line.length).toBeLessThan(Math.max(2, columns));
    }
    const { screen, progressAt } = start({ lines: 4 });
    progressAt(2000);
    expect(screen.text.split("\n")).toHaveLength(3);
  });

  it("counts the lines that a narrower window wrapped", () => {
    const { written, progressAt, setColumns } = start({ hasScreen: false });
    progressAt(2000);
    const lines = written[0]?.trimEnd().split("\n") ?? [];
    setColumns(40);
    const wrapped = lines.reduce((sum, line) => sum + Math.ceil(line.length / 40), 0);
    progressAt(2300);
    expect(written[1]?.startsWith(`\r\u001b[${wrapped}A\u001b[J`)).toBe(true);
  });

  it("is coloured unless NO_COLOR is set, and drawn in ASCII where the locale is not UTF-8", () => {
    const colours = start({ env: { NO_COLOR: "" } });
    colours.progressAt(2000);
    expect(colours.written.join("")).toContain("\u001b[31mOUT_OF_FRAME 10");
    const plain = start({ env: { LANG: "C" } });
    plain.progressAt(2000);
    expect(plain.written.join("")).not.toContain("\u001b");
    expect(plain.screen.text).toMatch(/^loading {3}#{47}-{13} {2}78\.5 %/);
  });

  it("writes nothing after it was closed", () => {
    const { view, written, progressAt } = start();
    progressAt(2000);
    view.close();
    const before = written.length;
    progressAt(3000);
    view.onEvent(warning);
    view.close();
    expect(written).toHaveLength(before);
  });
});

describe("in a pipe", () => {
  it("writes an aligned line every five seconds and at each new phase", () => {
    const { written, progressAt } = start({ isTerminal: false });
    for (let ms = 0; ms <= 14_000; ms += 500) {
      progressAt(ms, { phase: ms < 9000 ? "scan" : "load", elapsedMs: ms, percent: ms / 200 });
    }
    expect(written.map((line) => line.slice(0, 17))).toEqual([
      "reading    10.0 %",
      "reading    35.0 %",
      "loading    45.0 %",
      "loading    70.0 %",
    ]);
    expect(new Set(written.map((line) => line.indexOf("rows/s"))).size).toBe(1);
  });

  it("counts its quiet time from the start of the run, and is silent about its end", () => {
    const { view, written, progressAt } = start({ isTerminal: false });
    progressAt(1900);
    view.onEvent(started);
    progressAt(2100);
    progressAt(3800);
    expect(written).toEqual([]);
    progressAt(3900);
    progressAt(4000, { phase: "done" });
    expect(written).toHaveLength(1);
  });

  it("and on a dumb terminal has neither escapes nor lines that move", () => {
    const { written, progressAt } = start({ env: { TERM: "dumb", NO_COLOR: "" } });
    progressAt(2000);
    progressAt(7000, { phaseRows: 9, phaseTotal: null, etaMs: null, isPaused: true });
    expect(written).toEqual([
      "loading    78.5 %   5,230,012 of 10,000,000 rows      812,345 rows/s     0:12 elapsed     0:05 left  12 rejected\n",
      "paused     78.5 %  9 of ? rows      812,345 rows/s     0:12 elapsed        ? left  12 rejected\n",
    ]);
  });

  it("tells of changes in words", () => {
    const { view, written } = start({ isTerminal: false });
    view.onEvent(warning);
    view.onEvent({ event: "paused" });
    view.onEvent({ event: "resumed" });
    view.onEvent({ event: "rate", rowsPerSecond: 50_000 });
    view.onEvent({ event: "rate", rowsPerSecond: null });
    view.onEvent({ event: "stopping" });
    view.onEvent(finished);
    expect(written.join("")).toBe(
      "warning: SLOW: one [2Jtwo three\npaused\nresumed\nrate: 50,000 rows/s\nrate: no limit\nfinishing what is in flight\n",
    );
  });
});

describe("with --json", () => {
  it("writes each event as a line of JSON, progress once a second from the second second", () => {
    const { view, written, progressAt } = start({ json: true });
    view.onEvent(started);
    for (let ms = 0; ms <= 4000; ms += 100) progressAt(ms, { migrated: ms });
    view.onEvent(finished);
    const events = written.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event, at, migrated }) => [event, at, migrated])).toEqual([
      ["started", "1970-01-01T00:00:00.000Z", undefined],
      ["progress", "1970-01-01T00:00:02.000Z", 2000],
      ["progress", "1970-01-01T00:00:03.000Z", 3000],
      ["progress", "1970-01-01T00:00:04.000Z", 4000],
      ["finished", "1970-01-01T00:00:04.000Z", undefined],
    ]);
    expect(events[1]).toMatchObject({
      total: 10_000_000,
      failed: 12,
      percent: 78.54,
      elapsedMs: 12_400,
      etaMs: 5300,
      rowsPerSecond: 812_345,
    });
    for (const line of written) expect(line).toMatch(/^\{.*\}\n$/);
  });

  it("has the last counts even of a short run", () => {
    const { view, written, progressAt } = start({ json: true });
    progressAt(10);
    progressAt(20, { migrated: 77 });
    view.onEvent(finished);
    expect(written.map((line) => (JSON.parse(line) as RunEvent).event)).toEqual([
      "progress",
      "finished",
    ]);
    expect(written[0]).toContain('"migrated":77');
  });
});
