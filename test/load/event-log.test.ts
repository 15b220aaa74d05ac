import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EVENTS_FILE, EventLog } from "../../src/load/event-log.js";
import { ProgressTracker } from "../../src/load/progress-tracker.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

/** Of [event, rows that were read] of a log's lines. */
function linesOf(path: string): unknown[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { event, phaseRows } = JSON.parse(line);
    return phaseRows === undefined ? event : [event, phaseRows];
  });
}

it("keeps the last look of a run, and few of those before", async () => {
  const log = new EventLog(folder);
  const tracker = new ProgressTracker({ runId: "r", sinkUrls: ["null:"], nowMs: () => 0 });
  for (let look = 0; look < 5; ++look) {
    log.write({ event: "progress", ...tracker.snapshot() });
    tracker.scanned(10);
  }
  log.write({ event: "note", message: "of its own" });
  log.write({ event: "finished", outcome: "done", exitCode: 0 });
  await log.close();
  expect(linesOf(join(folder, EVENTS_FILE))).toEqual([
    ["progress", 0],
    "note",
    ["progress", 40],
    "finished",
  ]);
});
