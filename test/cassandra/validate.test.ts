import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readDualWriteStatus, switchDualWriteOn } from "../../src/cassandra/t0.js";
import { rowTables } from "../../src/cassandra/tables.js";
import type { Layout } from "../../src/encoding/layout.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { ValidationResult } from "../../src/validate/result.js";
import { validate } from "../../src/validate/validate.js";
import type { ValidateOptions } from "../../src/validate/validate-options.js";
import { runCli } from "../cli/run-cli.js";
import {
  expectedFindings,
  nextFloat,
  plantFaults,
  strayKey,
  toldFindings,
} from "../support/planted-faults.js";
import { keyOfRow } from "../support/prune-samples.js";
import { nodeTable, readJson } from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import { editRow } from "../support/small-trees.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { clusterPlants } from "./cluster-plants.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

const ROWS = 3000;
const folder = tempFolder();

function newSource(): string {
  const path = join(mkdtempSync(join(folder, "source-")), "source.db");
  writeTable(path, nodeTable(ROWS));
  return path;
}

describeOnCassandra("a full validation of Cassandra", (cassandra) => {
  const opened: LoadKeyspace[] = [];
  const openLoaded = async (layout: Layout, isLive = false) => {
    const keyspace = await openLoadKeyspace(cassandra, layout);
    opened.push(keyspace);
    const source = newSource();
    const options = { sources: [source], sourceName: "a" };
    let loaded = await loadInto([keyspace.url], folder, options);
    if (isLive) {
      await switchDualWriteOn(keyspace.session);
      loaded = await loadInto([keyspace.url], folder, options);
    }
    const writeTimeUs = BigInt(String(readJson(loaded.runDir, "run.json").writeTimeUs));
    return { keyspace, source, runDir: loaded.runDir, writeTimeUs };
  };
  const validateKeyspace = (
    { keyspace, source, runDir }: Awaited<ReturnType<typeof openLoaded>>,
    options: Partial<ValidateOptions> = {},
    onPhase: (phase: string) => void = () => undefined,
  ): Promise<ValidationResult> => {
    const usual = {
      to: keyspace.url,
      sources: [source],
      run: runDir,
      full: true,
      validationDir: mkdtempSync(join(folder, "validation-")),
      memoryBytes: MIN_MEMORY_BYTES,
      settleMs: 50,
    };
    return validate({ ...usual, ...options }, { onProgress: ({ phase }) => onPhase(phase) });
  };

  afterAll(async () => {
    for (const keyspace of opened) await keyspace.end();
  });

  it.each<Layout>(["node", "tile"])(
    "of layout %s finds each planted fault and nothing else",
    async (layout) => {
      const loaded = await openLoaded(layout);
      const clean = await validateKeyspace(loaded);
      expect(clean).toMatchObject({ exitCode: 0, findings: [], rows: { equal: ROWS } });
      const plants = clusterPlants(loaded.keyspace, loaded.writeTimeUs + 1n);
      const planted = await plantFaults(plants, 100);
      const result = await validateKeyspace(loaded);
      expect(toldFindings(result.findings)).toEqual(expectedFindings(planted));
      expect(result).toMatchObject({ exitCode: 6, unchecked: [] });
      const [stray] = result.findings.filter((finding) => finding.class === "extra");
      expect(stray?.writeTimeUs).toBe(String(loaded.writeTimeUs + 1n));
    },
  );

  it.each<Layout>(["node", "tile"])(
    "of what changed reads the ranges alone that changed or failed, in layout %s",
    async (layout) => {
      const loaded = await openLoaded(layout);
      const validationsIn = join(folder, `validations-${layout}`);
      const validateNext = (name: string, changedOnly = true) =>
        validateKeyspace(loaded, {
          changedOnly,
          validationDir: join(validationsIn, name),
          runsDir: dirname(loaded.runDir),
        });
      expect(await validateNext("1", false)).toMatchObject({ exitCode: 0, passedOver: null });
      const { passedOver: all } = await validateNext("2");
      expect(all).toMatchObject({ rows: ROWS, ranges: all?.ofRanges });
      editRow(loaded.source, 31n, { Density: 0.5 });
      const found = await validateNext("3");
      expect(found.findings).toMatchObject([{ class: "different", source: { rowid: "31" } }]);
      // Of layout tile the whole partition is in the range.
      expect(found.passedOver?.ofRanges).toBe((found.passedOver?.ranges ?? 0) + 1);
      expect(found.rows?.source).toBe(ROWS - (found.passedOver?.rows ?? 0));
      const again = await validateNext("4");
      expect(again.findings).toMatchObject([{ class: "different", source: { rowid: "31" } }]);
      expect(again.passedOver).toMatchObject({ ranges: found.passedOver?.ranges });
    },
  );

  it.each<Layout>(["node", "tile"])(
    "names every row of a token range that was cut off, in layout %s",
    async (layout) => {
      const loaded = await openLoaded(layout);
      const { keyspace, writeTimeUs } = loaded;
      const { name, partitionKey } = rowTables[layout];
      const keys = partitionKey.join(", ");
      const [row] = await keyspace.execute(
        `SELECT token(${keys}) AS first FROM {ks}.${name} WHERE token(${keys}) > 9000000000000000000 LIMIT 1`,
      );
      const partitions = await keyspace.execute(
        `SELECT DISTINCT ${keys} FROM {ks}.${name} WHERE token(${keys}) >= ${String(row?.first)}`,
      );
      const before = await keyspace.cells();
      for (const values of partitions) {
        const where = partitionKey.map((key) => `${key} = ${String(values[key])}`).join(" AND ");
        await keyspace.execute(
          `DELETE FROM {ks}.${name} USING TIMESTAMP ${writeTimeUs + 1n} WHERE ${where}`,
        );
      }
      const left = new Set((await keyspace.cells()).map(({ level, code }) => `${level} ${code}`));
      const gone = before.map(({ level, code }) => `${level} ${code}`).filter((c) => !left.has(c));
      expect(gone.length).toBeGreaterThan(10);
      const result = await validateKeyspace(loaded);
      expect(toldFindings(result.findings)).toEqual(
        expectedFindings(gone.map((key) => ({ class: "missing", key }))),
      );
      expect(result).toMatchObject({ exitCode: 6, unchecked: [] });
    },
  );

  it("tells rows that have lost columns from those that are missing", async () => {
    const loaded = await openLoaded("node");
    const { keyspace, writeTimeUs } = loaded;
    const plants = clusterPlants(keyspace, writeTimeUs + 1n);
    const key = keyOfRow(40).split(" ");
    await keyspace.execute(
      `DELETE compressed_data, homogeneity FROM {ks}.octree_nodes USING TIMESTAMP ${writeTimeUs + 1n}
       WHERE morton_code = ${key[1]} AND level = ${key[0]}`,
    );
    await plants.remove(41);
    const result = await validateKeyspace(loaded);
    expect(toldFindings(result.findings)).toEqual(
      expectedFindings([
        {
          ...{ class: "different", key: keyOfRow(40), envelope: "absent" },
          columns: ["homogeneity", "compressed_data"],
        },
        { class: "missing", key: keyOfRow(41) },
      ]),
    );
  });

  it.each<Layout>(["node", "tile"])("tells live writes apart in layout %s", async (layout) => {
    const loaded = await openLoaded(layout, true);
    const { keyspace, source, writeTimeUs } = loaded;
    const { t0 } = await readDualWriteStatus(keyspace.session);
    const live = clusterPlants(keyspace, (t0?.us ?? 0n) + 5n);
    const run = clusterPlants(keyspace, writeTimeUs + 1n);
    // The same again; another material; a cell of its own; what is derived; and the run's own fault.
    await live.write(10, await live.read(10));
    await live.write(11, { material_id: 77 });
    await live.insert(strayKey, await live.read(12));
    const { homogeneity } = await live.read(13);
    await run.write(13, { homogeneity: nextFloat(homogeneity), children_mask: 4 });
    await run.write(14, { last_modified: 5n });
    await run.remove(15);
    const options = { snapshotDir: folder };
    const result = await validateKeyspace(loaded, options);
    expect(toldFindings(result.findings)).toEqual(
      expectedFindings([
        { class: "live-newer", key: keyOfRow(11), columns: ["material_id"] },
        { class: "live-newer", key: strayKey },
        { class: "derived-stale", key: keyOfRow(13), columns: ["homogeneity", "children_mask"] },
        { class: "different", key: keyOfRow(14), columns: ["last_modified"] },
        { class: "missing", key: keyOfRow(15) },
      ]),
    );
    // What the source has now is what counts.
    editRow(source, 12n, { MaterialId: 77n });
    const again = await validateKeyspace(loaded, options);
    expect(again.findings.map(({ code }) => code)).not.toContain(keyOfRow(11).split(" ")[1]);
  });

  it.each<Layout>(["node", "tile"])(
    "repairs layout %s, but no row written live",
    async (layout) => {
      const loaded = await openLoaded(layout, true);
      const { keyspace, writeTimeUs } = loaded;
      const { t0 } = await readDualWriteStatus(keyspace.session);
      const planted = await plantFaults(clusterPlants(keyspace, writeTimeUs + 1n), 100);
      const live = clusterPlants(keyspace, (t0?.us ?? 0n) + 5n);
      await live.write(11, { material_id: 77 });
      // Its derived columns are the run's, but a service wrote the rest.
      await live.write(13, { last_modified: (await live.read(13)).last_modified });
      const { homogeneity } = await live.read(13);
      await clusterPlants(keyspace, writeTimeUs + 1n).write(13, {
        homogeneity: nextFloat(homogeneity),
      });
      const runsDir = mkdtempSync(join(folder, "runs-"));
      const result = await validateKeyspace(loaded, { repair: true, runsDir });
      const sent = planted.filter((finding) => finding.class !== "extra").length;
      expect(result.repair).toMatchObject({ sent, repaired: sent, run: { outcome: "done" } });
      const left = expectedFindings([
        { class: "extra", key: strayKey },
        { class: "live-newer", key: keyOfRow(11), columns: ["material_id"] },
        { class: "derived-stale", key: keyOfRow(13), columns: ["homogeneity"] },
      ]);
      expect(toldFindings(result.findings)).toEqual(left);
      const times = await keyspace.writeTimes();
      expect(times.some((time) => time > writeTimeUs + 1n && time < (t0?.us ?? 0n))).toBe(true);
      expect(toldFindings((await validateKeyspace(loaded)).findings)).toEqual(left);
    },
  );

  it("takes no live write for a difference that comes while it runs and that both sides get", async () => {
    const loaded = await openLoaded("tile", true);
    const { keyspace, source } = loaded;
    const { t0 } = await readDualWriteStatus(keyspace.session);
    const live = clusterPlants(keyspace, (t0?.us ?? 0n) + 9n);
    const writes: Promise<void>[] = [];
    const options = { snapshotDir: folder, settleMs: 500 };
    const result = await validateKeyspace(loaded, options, (phase) => {
      if (phase !== "compare" || writes.length > 0) return;
      editRow(source, 21n, { MaterialId: 9n });
      editRow(source, 31n, null);
      writes.push(live.write(20, { material_id: 9 }), live.remove(30));
      // The other system did not get these.
      writes.push(live.write(40, { material_id: 9 }), live.remove(50));
    });
    await Promise.all(writes);
    const possible = expectedFindings([
      { class: "live-newer", key: keyOfRow(40), columns: ["material_id"] },
      { class: "missing", key: keyOfRow(50) },
    ]);
    // The writes came before their rows were read, or after.
    for (const finding of toldFindings(result.findings)) expect(possible).toContainEqual(finding);
    const after = await validateKeyspace(loaded);
    expect(toldFindings(after.findings)).toEqual(possible);
  });

  it("counts by token ranges", async () => {
    const loaded = await openLoaded("node");
    const counts = { full: false, counts: true };
    const good = await validateKeyspace(loaded, counts);
    expect(good).toMatchObject({ exitCode: 0, rows: { source: ROWS, target: ROWS } });
    await clusterPlants(loaded.keyspace, loaded.writeTimeUs + 1n).remove(50);
    const few = await validateKeyspace(loaded, counts);
    expect(few).toMatchObject({ exitCode: 6, checks: [{ findings: { missing: 1 } }] });
    expect(few.checks[0]?.notes).toMatchObject([
      expect.stringMatching(/^tokens after -?\d+ up to/),
    ]);
  });

  it("is a command that says what it found and what to do", async () => {
    const loaded = await openLoaded("tile");
    await clusterPlants(loaded.keyspace, loaded.writeTimeUs + 1n).remove(7);
    const dir = mkdtempSync(join(folder, "command-"));
    const args = ["validate", loaded.source, "--to", loaded.keyspace.url, "--run", loaded.runDir];
    const { exitCode, stdout } = await runCli([
      ...args,
      ...["--full", "--validation-dir", dir, "--memory", String(MIN_MEMORY_BYTES)],
    ]);
    expect(exitCode).toBe(6);
    expect(stdout).toContain("differs from what a has");
    expect(stdout).toMatch(new RegExp(`missing +12 +${keyOfRow(7).split(" ")[1]} +- +8 of `));
    expect(stdout).toContain("--repair");
  });
});
