import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { generate } from "../../src/generate/generate.js";
import type { RunReport } from "../../src/load/run-report.js";
import { killRounds } from "../support/kill-rounds.js";
import { readJson } from "../support/run-samples.js";
import { seed } from "../support/seed.js";
import { targetDigest } from "../support/target-digest.js";
import { tempFolder } from "../support/temp-folder.js";

const NODES = 150_000;
/** Of the embedded sink. */
const IN_FLIGHT_ROWS = 65_536;

const folder = tempFolder();
const source = join(folder, "earth.gpkg");

beforeAll(async () => {
  await generate({ path: source, nodes: NODES, seed: 7, order: "shuffled" });
});

// The full measure, 2 million rows and 20 kills, is `npm run kill-test`.
describe("a load killed with SIGKILL", () => {
  test("ends with the target of an undisturbed one, and sends little again", async () => {
    const undisturbed = join(folder, "undisturbed.octree");
    await backfill({
      sources: [source],
      to: [`sqlite:${undisturbed}`],
      runDir: join(folder, "undisturbed"),
    });
    const target = join(folder, "killed.octree");
    const result = await killRounds({
      source,
      target,
      runDir: join(folder, "killed"),
      kills: 6,
      args: ["--memory", "112M"],
      seed,
      maxDelayMs: { scan: 200, derive: 40, load: 200 },
    });
    expect(result.stderr).toContain('"outcome":"done"');
    expect(result.exitCode).toBe(0);
    expect(targetDigest(target)).toEqual(targetDigest(undisturbed));
    expect(targetDigest(target).rows).toBe(NODES);
    const digestsOf = (runDir: string) => {
      const { sinks } = readJson(join(folder, runDir), "report.json") as unknown as RunReport;
      return sinks[0]?.digests;
    };
    expect(digestsOf("killed")?.rows).toBe(NODES);
    expect(digestsOf("killed")).toEqual(digestsOf("undisturbed"));
    // Deriving so few rows is over too soon to be hit for sure.
    const phases = result.rounds.map(({ phase }) => phase);
    expect(phases).toContain("scan");
    expect(phases).toContain("load");
    for (const { resentRows } of result.rounds) {
      expect(resentRows).toBeGreaterThanOrEqual(0);
      expect(resentRows).toBeLessThanOrEqual(IN_FLIGHT_ROWS);
    }
  });
});
