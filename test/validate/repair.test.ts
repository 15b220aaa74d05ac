import { mkdirSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { redrive } from "../../src/backfill/redrive.js";
import type { Layout } from "../../src/encoding/layout.js";
import { runCli } from "../cli/run-cli.js";
import { load } from "../support/backfill-case.js";
import { embeddedPlants } from "../support/embedded-plants.js";
import { change } from "../support/loaded-target.js";
import {
  expectedFindings,
  plantFaults,
  strayKey,
  toldFindings,
} from "../support/planted-faults.js";
import { keyOfRow } from "../support/prune-samples.js";
import { rejectionOf } from "../support/rejection-of.js";
import { readJson } from "../support/run-samples.js";
import { editRow } from "../support/small-trees.js";
import { tempFolder } from "../support/temp-folder.js";
import { CASE_ROWS, loadedCase, validateCase } from "../support/validation-case.js";

const folder = tempFolder();

describe.each<Layout>(["node", "tile"])("a repair in layout %s", (layout) => {
  it("mends what a load can mend in a run of its own, and deletes nothing", async () => {
    const made = await loadedCase(folder, layout);
    const planted = await plantFaults(embeddedPlants(made.target, layout), 100);
    const result = await validateCase(made, { repair: true });
    const mendable = planted.length - 1;
    expect(result.repair).toMatchObject({ sent: mendable, repaired: mendable });
    const extra = expectedFindings([{ class: "extra", key: strayKey }]);
    expect(toldFindings(result.findings)).toEqual(extra);
    expect(result.exitCode).toBe(6);
    const run = readJson(result.repair?.run?.runDir ?? "", "run.json");
    const base = readJson(made.runDir, "run.json");
    expect(run.redriveOf).toBe(base.runId);
    expect(BigInt(String(run.writeTimeUs))).toBeGreaterThan(BigInt(String(base.writeTimeUs)));
    const report = readJson(result.repair?.run?.runDir ?? "", "report.json");
    expect(report).toMatchObject({ outcome: "done", total: mendable });
    expect(toldFindings((await validateCase(made)).findings)).toEqual(extra);
  });

  it("sends nothing where nothing is wrong", async () => {
    const made = await loadedCase(folder, layout);
    const folders = readdirSync(made.folder).length;
    const result = await validateCase(made, { repair: true });
    expect(result.repair).toEqual({ run: null, sent: 0, repaired: 0 });
    expect([result.exitCode, readdirSync(made.folder).length]).toEqual([0, folders + 1]);
  });
});

it("says how many rows the target still does not take", async () => {
  const made = await loadedCase(folder, "node");
  const plants = embeddedPlants(made.target, "node");
  await plants.remove(5);
  await plants.remove(6);
  const code = keyOfRow(6).split(" ")[1];
  change(
    made.target,
    `CREATE TRIGGER refuse BEFORE UPDATE ON octree_nodes WHEN NEW.morton_code = ${code}
       BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  );
  const result = await validateCase(made, { repair: true });
  expect(result.repair).toMatchObject({ sent: 2, repaired: 1, run: { outcome: "rejected" } });
  expect(toldFindings(result.findings)).toEqual(
    expectedFindings([{ class: "missing", key: keyOfRow(6) }]),
  );
  // From now on it has a dead letter, which says why it is not there.
  const again = await validateCase(made);
  expect(again).toMatchObject({ exitCode: 0, rows: { refused: 1, equal: CASE_ROWS - 1 } });
  // Until a later run has sent it, and it was lost again.
  change(made.target, "DROP TRIGGER refuse");
  expect((await validateCase(made, { repair: true })).repair).toMatchObject({ sent: 0 });
  await load(made, { runDir: join(made.folder, "later") });
  await plants.remove(6);
  expect((await validateCase(made)).checks[0]?.findings).toEqual({ missing: 1 });
});

it("knows a row that a redrive has loaded, and that was lost again", async () => {
  const made = await loadedCase(folder, "node");
  const [first, second] = [6, 7].map((row) => keyOfRow(row).split(" ")[1]);
  change(made.target, `DELETE FROM octree_nodes WHERE morton_code IN (${first}, ${second})`);
  change(
    made.target,
    `CREATE TRIGGER refuse BEFORE INSERT ON octree_nodes
       WHEN NEW.morton_code IN (${first}, ${second})
       BEGIN SELECT RAISE(ABORT, 'not these'); END`,
  );
  const runDir = join(made.folder, "later");
  await load(made, { runDir });
  expect(await validateCase(made)).toMatchObject({ exitCode: 0, rows: { refused: 2 } });
  change(
    made.target,
    `DROP TRIGGER refuse;
     CREATE TRIGGER refuse BEFORE INSERT ON octree_nodes WHEN NEW.morton_code = ${second}
       BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  );
  await redrive({ runDir, runsDir: made.folder });
  expect(await validateCase(made)).toMatchObject({ exitCode: 0, rows: { refused: 1 } });
  await embeddedPlants(made.target, "node").remove(6);
  const result = await validateCase(made);
  expect(result.rows?.refused).toBe(1);
  expect(toldFindings(result.findings)).toEqual(
    expectedFindings([{ class: "missing", key: keyOfRow(6) }]),
  );
});

it("is refused where no run is known", async () => {
  const made = await loadedCase(folder, "node");
  const runsDir = join(made.folder, "none");
  mkdirSync(runsDir);
  const error = await rejectionOf(validateCase(made, { repair: true, runsDir }));
  expect(error.code).toBe("USAGE");
  // Without a run a validation goes by its options.
  expect(await validateCase(made, { runsDir })).toMatchObject({ exitCode: 0, run: null });
});

describe("a target that cannot be read to its end", () => {
  it("is not called valid, nor is anything called missing", async () => {
    const made = await loadedCase(folder, "node");
    const { size } = statSync(made.target);
    const file = openSync(made.target, "r+");
    const pageBytes = 16_384;
    for (let at = 8 * pageBytes; at < size; at += pageBytes) {
      writeSync(file, Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, at);
    }
    const result = await validateCase(made);
    expect(result).toMatchObject({ exitCode: 8, findings: [] });
    expect(result.checks[0]).toMatchObject({ check: "rows", status: "unchecked", checked: 0 });
    expect(result.unchecked[0]).toMatchObject({ range: "all rows", code: "TARGET_FAILED" });
  });
});

it("ends as it is told to, and says so", async () => {
  const made = await loadedCase(folder, "node");
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  const error = await rejectionOf(validateCase(made, {}, { signal: stop.signal, onProgress }));
  expect(error.code).toBe("VALIDATION_INTERRUPTED");
});

it("shows a failed validation and its repair on the command line", async () => {
  const made = await loadedCase(folder, "tile");
  await embeddedPlants(made.target, "tile").remove(7);
  editRow(made.source, 31n, { Density: 0.5 });
  const args = [
    ...["validate", made.source, "--to", `sqlite:${made.target}`, "--runs-dir", made.folder],
    ...["--full", "--memory", "112M", "--settle", "1"],
  ];
  const failed = await runCli([...args, "--validation-dir", join(made.folder, "v1")]);
  expect(failed.exitCode).toBe(6);
  // On a slow machine there are lines of progress.
  expect(failed.stderr).not.toContain("octoload:");
  expect(failed.stdout).toMatch(/ missing +12 +\d+ +- +8 of .*source\.db\n/);
  expect(failed.stdout).toMatch(/ different +12 +\d+ +compressed_data \(Density\) +31 of /);
  expect(failed.stdout).toContain("Next: the same command with --repair");
  const mended = await runCli([...args, "--repair", "--validation-dir", join(made.folder, "v2")]);
  expect(mended.exitCode).toBe(0);
  expect(mended.stdout).toMatch(/Repair: the run \S+ sent 2 rows again: 2 as they should be\n/);
  const json = await runCli([...args, "--json", "--validation-dir", join(made.folder, "v3")]);
  expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: 0, rows: { equal: CASE_ROWS } });
  const sample = args.filter((arg) => arg !== "--full");
  const bare = await runCli([...sample, "--validation-dir", join(made.folder, "v4")]);
  expect(bare.exitCode).toBe(0);
  expect(bare.stdout).toMatch(/\n +sample +passed /);
});
