import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireCurrentRun } from "../../src/cassandra/run-claim.js";
import { rowTables } from "../../src/cassandra/tables.js";
import type { RunEvent } from "../../src/load/progress.js";
import type { Layout } from "../../src/sink/sink.js";
import { runCli } from "../cli/run-cli.js";
import { killLoads, LoadProcess } from "../faults/load/load-process.js";
import { keyOfRow, prunedKeysOf, scattered, tableWithout } from "../support/prune-samples.js";
import { rejectionOf } from "../support/rejection-of.js";
import { deadLettersOf, type NodeValues, readJson } from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

const ROWS = 2000;
const GONE = scattered(ROWS, 137);
const NAME = { sourceName: "a" };
const folder = tempFolder();

const newPath = (name: string) => join(mkdtempSync(join(folder, "prune-")), name);

function source(gone: ReadonlySet<number>, changes: Readonly<Record<number, NodeValues>> = {}) {
  const path = newPath("source.db");
  writeTable(path, tableWithout(ROWS, gone, changes));
  return path;
}

const indexes = Array.from({ length: ROWS }, (_, i) => i);
const keysOfRows = (rows: Iterable<number>) => [...rows].map(keyOfRow).sort();
const allBut = (gone: ReadonlySet<number>) => indexes.filter((i) => !gone.has(i));

describeOnCassandra("a prune of Cassandra", (cassandra) => {
  const opened: LoadKeyspace[] = [];
  const open = async (layout: Layout) => {
    const keyspace = await openLoadKeyspace(cassandra, layout);
    opened.push(keyspace);
    return keyspace;
  };
  /** A keyspace with one load in it. */
  const openLoaded = async (layout: Layout) => {
    const keyspace = await open(layout);
    const { runDir } = await loadInto([keyspace.url], folder, {
      ...NAME,
      sources: [source(new Set())],
    });
    return { keyspace, writeTime: BigInt(String(readJson(runDir, "run.json").writeTimeUs)) };
  };

  afterAll(async () => {
    killLoads();
    for (const keyspace of opened) await keyspace.end();
  });

  describe.each<Layout>(["node", "tile"])("of layout %s", (layout) => {
    let keyspace: LoadKeyspace;
    let writeTime: bigint;
    /** Rows that the second source lacks, of which the first was written live. */
    const [live = -1, ...strays] = [...GONE];

    beforeAll(async () => {
      ({ keyspace, writeTime } = await openLoaded(layout));
      await writeLive(keyspace, live, BigInt(Date.now() + 3_600_000) * 1000n);
    });

    it("deletes exactly what the source lacks, and lists it", async () => {
      // A row that is rejected, though its key is known: what an earlier run left of it stays.
      const path = source(GONE, { 5: { MaterialId: "rock" } });
      const options = { ...NAME, sources: [path], prune: true };
      const { report, runDir } = await loadInto([keyspace.url], folder, options);
      expect(report).toMatchObject({ outcome: "rejected", exitCode: 1 });
      expect(report.sinks).toMatchObject([{ loaded: ROWS - 138, pruned: 136, live: 1 }]);
      expect(deadLettersOf(runDir).map(({ code }) => code)).toEqual(["MATERIAL_INVALID"]);
      const listed = prunedKeysOf(runDir);
      expect(listed.map(({ key }) => key).sort()).toEqual(keysOfRows(strays));
      expect(new Set(listed.map((key) => key.writeTime))).toEqual(new Set([writeTime]));
      expect(await keysIn(keyspace)).toEqual(keysOfRows([...allBut(GONE), live]));
    });

    it("deletes nothing when it is done again, and its rows come back with a later run", async () => {
      const again = { ...NAME, sources: [source(GONE)], prune: true };
      const { report, runDir } = await loadInto([keyspace.url], folder, again);
      expect(report.sinks).toMatchObject([{ loaded: ROWS - 137, pruned: 0, live: 1 }]);
      expect(prunedKeysOf(runDir)).toEqual([]);
      await loadInto([keyspace.url], folder, { ...NAME, sources: [source(new Set())] });
      expect(await keysIn(keyspace)).toEqual(keysOfRows(indexes));
    });

    it("is shown by the command", async () => {
      const runDir = newPath("run");
      const args = ["--source-name", "a", "--to", keyspace.url, "--run-dir", runDir, "--prune"];
      const { exitCode, stdout } = await runCli(["backfill", source(GONE), ...args]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/rows +loaded +rejected +skipped +pruned +live\n.* 136 +1\n/);
    });

    it("goes on after kill -9, and lists no key twice", async () => {
      const { keyspace: other } = await openLoaded(layout);
      const half = new Set(indexes.filter((i) => i % 2 === 0));
      const command = { source: source(half), to: other.url, runDir: newPath("run") };
      const isPruning = (event: RunEvent) => event.event === "phase" && event.phase === "prune";
      const args = ["--source-name", "a", "--prune"];
      const first = new LoadProcess({ ...command, args });
      await first.until("it prunes", isPruning);
      await first.kill();
      // A rate makes it stop somewhere in the middle: keys are listed in pages.
      const second = new LoadProcess({ ...command, args: [...args, "--rate", "100"] });
      await second.until("keys were pruned", (event) => {
        return event.event === "progress" && (event.sinks[0]?.pruned ?? 0) > 0;
      });
      await second.kill();
      const listed = prunedKeysOf(command.runDir).length;
      expect(listed).toBeGreaterThan(0);
      expect(listed).toBeLessThan(half.size);
      const third = new LoadProcess({ ...command, args: [...args, "--rate", "off"] });
      const { exitCode, report } = await third.end();
      expect([exitCode, report?.resumes]).toEqual([0, 2]);
      expect(report?.sinks).toMatchObject([{ loaded: half.size, pruned: half.size, live: 0 }]);
      expect(
        prunedKeysOf(command.runDir)
          .map(({ key }) => key)
          .sort(),
      ).toEqual(keysOfRows(half));
      expect(await keysIn(other)).toEqual(keysOfRows(allBut(half)));
    });
  });

  it("leaves rows alone that other programs wrote after it, whatever columns they wrote", async () => {
    const { keyspace } = await openLoaded("node");
    const [partly = -1, cut = -1] = [...GONE];
    const late = BigInt(Date.now() + 3_600_000) * 1000n;
    // One column of a row is newer; another row has nothing but its key.
    await keyspace.execute(
      `UPDATE {ks}.octree_nodes USING TIMESTAMP ${late} SET material_id = 3 ${whereOf("node", partly)}`,
    );
    await keyspace.execute(`DELETE FROM {ks}.octree_nodes ${whereOf("node", cut)}`);
    const [level, code] = keyOfRow(cut).split(" ");
    await keyspace.execute(
      `INSERT INTO {ks}.octree_nodes (morton_code, level) VALUES (${code}, ${level}) USING TIMESTAMP 5`,
    );
    const options = { ...NAME, sources: [source(GONE)], prune: true };
    const { report, runDir } = await loadInto([keyspace.url], folder, options);
    expect(report.sinks).toMatchObject([{ pruned: 135, live: 1 }]);
    expect(prunedKeysOf(runDir).map(({ key }) => key)).not.toContain(keyOfRow(partly));
    const row = await keyspace.execute(
      `SELECT * FROM {ks}.octree_nodes ${whereOf("node", partly)}`,
    );
    expect(row).toMatchObject([{ material_id: 3, homogeneity: 1 }]);
  });

  it("ends earlier runs, and is refused where another source came meanwhile", async () => {
    const { keyspace } = await openLoaded("tile");
    const stop = new AbortController();
    const slow = { ...NAME, sources: [source(new Set())], rowsPerSecond: 1 };
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.migrated > 0) stop.abort();
    };
    const hooks = { signal: stop.signal, onProgress };
    const earlier = await loadInto([keyspace.url], folder, slow, hooks);
    expect(earlier.report.outcome).toBe("interrupted");
    const pruning = { ...NAME, sources: [source(GONE)], prune: true };
    const { runDir } = await loadInto([keyspace.url], folder, pruning);
    const { runId } = readJson(runDir, "run.json");
    await requireCurrentRun(keyspace.session, { runId: String(runId), layout: "tile" });
    const late = await rejectionOf(loadInto([keyspace.url], folder, { runDir: earlier.runDir }));
    expect(late.code).toBe("RUN_SUPERSEDED");
    expect(await keysIn(keyspace)).toEqual(keysOfRows(allBut(GONE)));
    const [known] = await keyspace.execute(
      "SELECT value FROM {ks}.octoload_meta WHERE key = 'source:0'",
    );
    const other = String(known?.value).replace('"name":"a"', '"name":"b"');
    const addings: Promise<unknown>[] = [];
    const addOther = (event: RunEvent) => {
      if (event.event !== "phase" || event.phase !== "load") return;
      const values = `VALUES ('source:1', '${other.replaceAll("'", "''")}')`;
      const insert = `INSERT INTO {ks}.octoload_meta (key, value) ${values} IF NOT EXISTS`;
      addings.push(keyspace.execute(insert));
    };
    const slowly = { ...pruning, rowsPerSecond: 2000 };
    const again = loadInto([keyspace.url], folder, slowly, { onProgress: addOther });
    const error = await rejectionOf(again);
    expect(addings.length).toBe(1);
    await Promise.all(addings);
    expect([error.code, error.isLate]).toEqual(["PRUNE_SOURCES", true]);
    expect(await keysIn(keyspace)).toEqual(keysOfRows(allBut(GONE)));
  });
});

async function keysIn(keyspace: LoadKeyspace): Promise<string[]> {
  return (await keyspace.cells()).map(({ level, code }) => `${level} ${code}`).sort();
}

/** A whole row, NULLs written, as a live service writes it. */
async function writeLive(keyspace: LoadKeyspace, index: number, timeUs: bigint): Promise<void> {
  const [level, text] = keyOfRow(index).split(" ");
  const code = BigInt(text ?? 0);
  const { name, columns } = rowTables[keyspace.layout];
  const key =
    keyspace.layout === "node"
      ? `${code}, ${level}`
      : `${level}, ${code >> 15n}, ${code & 0x7fffn}`;
  await keyspace.execute(
    `INSERT INTO {ks}.${name} (${columns.map((column) => column.name).join(", ")})
     VALUES (${key}, NULL, 1.0, 0, 0x00, 0) USING TIMESTAMP ${timeUs}`,
  );
}

function whereOf(layout: Layout, index: number): string {
  const [level, text] = keyOfRow(index).split(" ");
  const code = BigInt(text ?? 0);
  return layout === "node"
    ? `WHERE morton_code = ${code} AND level = ${level}`
    : `WHERE level = ${level} AND tile = ${code >> 15n} AND cell = ${code & 0x7fffn}`;
}
