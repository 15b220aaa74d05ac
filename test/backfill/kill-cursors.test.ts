import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { generate } from "../../src/generate/generate.js";
import type { RunEvent } from "../../src/load/progress.js";
import { cursorRows } from "../support/cursor-case.js";
import { killRounds } from "../support/kill-rounds.js";
import { readJson } from "../support/run-samples.js";
import { seed } from "../support/seed.js";
import { targetDigest } from "../support/target-digest.js";
import { tempFolder } from "../support/temp-folder.js";

const NODES = 120_000;
/** Of the embedded sink. */
const IN_FLIGHT_ROWS = 65_536;
const CURSORS = 3;

const folder = tempFolder();
const source = join(folder, "earth.gpkg");
const runDir = join(folder, "killed");
const target = join(folder, "killed.octree");

/** The embedded sink has one cursor, but a run keeps the number it was begun with. */
async function beginWithCursors(): Promise<void> {
  const stop = new AbortController();
  const onProgress = (event: RunEvent) => {
    if (event.event === "phase" && event.phase === "scan") stop.abort();
  };
  const hooks = { signal: stop.signal, onProgress };
  const { report } = await backfill({ sources: [source], to: [`sqlite:${target}`], runDir }, hooks);
  expect(report.outcome).toBe("interrupted");
  const run = { ...readJson(runDir, "run.json"), cursors: [CURSORS] };
  writeFileSync(join(runDir, "run.json"), JSON.stringify(run));
}

beforeAll(async () => {
  await generate({ path: source, nodes: NODES, seed: 8, order: "shuffled" });
  await beginWithCursors();
});

test("a load by three cursors, killed while it loads, ends as an undisturbed one", async () => {
  const undisturbed = join(folder, "undisturbed.octree");
  await backfill({
    sources: [source],
    to: [`sqlite:${undisturbed}`],
    runDir: join(folder, "undisturbed"),
  });
  const result = await killRounds({
    ...{ source, target, runDir, seed, kills: 6 },
    maxDelayMs: { scan: 300, derive: 20, load: 150 },
  });
  expect(result.stderr).toContain('"outcome":"done"');
  expect(result.exitCode).toBe(0);
  expect(cursorRows(runDir).map(({ is_done }) => is_done)).toEqual([1, 1, 1]);
  expect(targetDigest(target)).toEqual(targetDigest(undisturbed));
  expect(targetDigest(target).rows).toBe(NODES);
  expect(result.rounds.map(({ phase }) => phase)).toContain("load");
  for (const { resentRows } of result.rounds) {
    expect(resentRows).toBeGreaterThanOrEqual(0);
    expect(resentRows).toBeLessThanOrEqual(IN_FLIGHT_ROWS);
  }
});
