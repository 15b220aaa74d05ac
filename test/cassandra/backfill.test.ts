import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redrive } from "../../src/backfill/redrive.js";
import { requireCurrentRun } from "../../src/cassandra/run-claim.js";
import { giveUpT0, switchDualWriteOn } from "../../src/cassandra/t0.js";
import type { RunEvent } from "../../src/load/progress.js";
import type { Layout } from "../../src/sink/sink.js";
import { runCli } from "../cli/run-cli.js";
import { EarthFiles } from "../generate/earth-files.js";
import { rejectionOf } from "../support/rejection-of.js";
import {
  deadLettersOf,
  eventsOf,
  nodeTable,
  readJson,
  targetCells,
} from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

const ROWS = 20_000;
const folder = tempFolder();
const earth = new EarthFiles();
let source: string;

beforeAll(() => {
  source = earth.build({ nodes: ROWS, seed: 5, maxLevel: 21 }).path;
});

afterAll(() => {
  earth.remove();
});

/** A path for an embedded target. */
const newTarget = () => join(mkdtempSync(join(folder, "target-")), "target.octree");

/** A source with a few rows of its own. */
function smallSource(...table: Parameters<typeof nodeTable>): string {
  const path = join(mkdtempSync(join(folder, "source-")), "source.db");
  writeTable(path, nodeTable(...table));
  return path;
}

describeOnCassandra("a backfill into Cassandra", (cassandra) => {
  const opened: LoadKeyspace[] = [];
  /** Of the digests, one a load and target. */
  const roots: (string | undefined)[] = [];
  const open = async (layout: Layout) => {
    const keyspace = await openLoadKeyspace(cassandra, layout);
    opened.push(keyspace);
    return keyspace;
  };

  afterAll(async () => {
    for (const keyspace of opened) await keyspace.end();
  });

  describe.each<Layout>(["node", "tile"])("of layout %s", (layout) => {
    let keyspace: LoadKeyspace;
    let embedded: string;
    let events: RunEvent[];
    let writeTimeUs: bigint;

    beforeAll(async () => {
      keyspace = await open(layout);
      embedded = newTarget();
      events = [];
      const to = [keyspace.url, `sqlite:${embedded}?layout=${layout}`];
      const hooks = { onProgress: (event: RunEvent) => events.push(event) };
      const { report, runDir } = await loadInto(to, folder, { sources: [source] }, hooks);
      writeTimeUs = BigInt(String(readJson(runDir, "run.json").writeTimeUs));
      expect(report).toMatchObject({ outcome: "done", exitCode: 0, total: ROWS });
      expect(report.sinks).toMatchObject(
        to.map((url) => ({ url, layout, loaded: ROWS, rejected: 0, skipped: 0 })),
      );
      roots.push(...report.sinks.map(({ digests }) => digests?.root));
      expect(roots[0]).toMatch(/^[0-9a-f]{64}$/);
      // The same rows, whatever the target and its layout.
      expect(new Set(roots).size).toBe(1);
    });

    it("leaves what the embedded target of the same run holds, at the run's time", async () => {
      const cells = await keyspace.cells();
      expect(cells.length).toBe(ROWS);
      expect(cells).toEqual(targetCells(embedded));
      expect(await keyspace.writeTimes()).toEqual([writeTimeUs]);
    });

    it("makes keyspace and tables, and says so", () => {
      const notes = events.flatMap((event) => (event.event === "note" ? [event.message] : []));
      expect(notes.join("\n")).toContain(`made ${keyspace.keyspace}`);
      expect(notes.join("\n")).toMatch(/copies datacenter1:1/);
      expect(notes.join("\n")).toContain("one copy of each row: the cluster has one node");
    });

    it("reads its rows by several cursors", async () => {
      const { runDir } = await loadInto([keyspace.url], folder, { sources: [source] });
      expect(readJson(runDir, "run.json").cursors).toEqual([4]);
      const run = readJson(runDir, "run.json");
      const first = await requireCurrentRun(keyspace.session, { runId: String(run.runId), layout });
      expect(first.isFirst).toBe(false);
      expect(await keyspace.cells()).toEqual(targetCells(embedded));
      expect(await keyspace.writeTimes()).toEqual([BigInt(String(run.writeTimeUs))]);
    });

    it("writes the same by the driver's public functions", async () => {
      const plain = await open(layout);
      const options = { sources: [source], tuning: { plainDriver: true } };
      const { report, runDir } = await loadInto([plain.url], folder, options);
      expect(report.sinks[0]?.loaded).toBe(ROWS);
      expect(await plain.cells()).toEqual(targetCells(embedded));
      const time = BigInt(String(readJson(runDir, "run.json").writeTimeUs));
      expect(await plain.writeTimes()).toEqual([time]);
    });

    it("goes on after an interruption, with the same write time", async () => {
      const other = await open(layout);
      const stop = new AbortController();
      const onProgress = (event: RunEvent) => {
        if (event.event === "progress" && event.migrated > 0) stop.abort();
      };
      const slow = { sources: [source], rowsPerSecond: 1 };
      const hooks = { signal: stop.signal, onProgress };
      const first = await loadInto([other.url], folder, slow, hooks);
      expect(first.report.outcome).toBe("interrupted");
      const { runDir } = first;
      const loaded = first.report.sinks[0]?.loaded ?? 0;
      expect(loaded).toBeGreaterThan(0);
      expect(loaded).toBeLessThan(ROWS);
      const second = await loadInto([other.url], folder, { runDir, rowsPerSecond: null });
      expect(second.report).toMatchObject({ outcome: "done", resumes: 1 });
      expect(second.report.sinks[0]?.loaded).toBe(ROWS);
      expect(await other.cells()).toEqual(targetCells(embedded));
      expect((await other.writeTimes()).length).toBe(1);
    });
  });

  describe("NULLs", () => {
    it("replace what an earlier run wrote, and cost nothing in the first", async () => {
      const keyspace = await open("node");
      const [first, second] = [
        smallSource(40, { 3: { MaterialId: null } }),
        smallSource(40, { 5: { MaterialId: null } }),
      ];
      const run = async (path: string) => {
        const options = { sources: [path], sourceName: "small" };
        const { runDir } = await loadInto([keyspace.url], folder, options);
        const runId = String(readJson(runDir, "run.json").runId);
        return requireCurrentRun(keyspace.session, { runId, layout: "node" });
      };
      const nulls = async () => (await keyspace.cells()).filter((cell) => cell.materialId === null);
      expect((await run(first)).isFirst).toBe(true);
      const [before] = await nulls();
      expect((await run(second)).isFirst).toBe(false);
      const [after, ...others] = await nulls();
      expect(others).toEqual([]);
      expect(after?.code).not.toBe(before?.code);
    });
  });

  describe("rows that can't be loaded", () => {
    it("are dead letters, and the rest is loaded", async () => {
      const keyspace = await open("node");
      const huge = randomBytes(16 * 2 ** 20 - 64);
      const path = smallSource(300, { 17: { Level: 22n }, 150: { Metadata: huge } });
      const options = { sources: [path], maxErrors: 5 };
      const { report, runDir } = await loadInto([keyspace.url], folder, options);
      expect(report).toMatchObject({ outcome: "rejected", exitCode: 1 });
      expect(report.sinks[0]).toMatchObject({ loaded: 298, rejected: 2 });
      const letters = deadLettersOf(runDir).map(({ rowid, code }) => [rowid, code]);
      expect(letters).toEqual([
        [18n, "LEVEL_TOO_DEEP"],
        [151n, "TOO_LARGE"],
      ]);
      expect((await keyspace.cells()).length).toBe(298);

      const database = new Database(path);
      database.exec("UPDATE nodes SET Metadata = 'small' WHERE rowid = 151");
      database.close();
      const redriven = await redrive({ runDir, codes: ["TOO_LARGE"], runsDir: folder });
      expect(redriven).toMatchObject({ kind: "loaded", report: { outcome: "done", total: 1 } });
      expect((await keyspace.cells()).length).toBe(299);
      expect((await keyspace.writeTimes()).length).toBe(2);
      await loadInto([keyspace.url], folder, options);
      const late = await rejectionOf(redrive({ runDir, runsDir: folder }));
      expect(late.code).toBe("REDRIVE_LATE");
    });
  });

  describe("a target that does not fit", () => {
    it("is refused before anything is written", async () => {
      const keyspace = await open("node");
      const path = smallSource(10);
      await loadInto([keyspace.url], folder, { sources: [path], sourceName: "a" });
      const before = await keyspace.execute("SELECT * FROM {ks}.octoload_meta");
      const cases: { code: string; args: string[]; url?: string }[] = [
        { code: "TARGET_FRAME", args: ["--frame", "bluemarble"] },
        { code: "TARGET_SOURCE", args: ["--source-name", "b"] },
        { code: "TARGET_LAYOUT", args: [], url: keyspace.url.replace("=node", "=tile") },
        { code: "CASSANDRA_DC", args: [], url: keyspace.url.replace("dc=", "dc=x") },
        { code: "CASSANDRA_UNREACHABLE", args: [], url: "cassandra://127.0.0.1:1/x" },
      ];
      for (const { code, args, url = keyspace.url } of cases) {
        const runDir = join(mkdtempSync(join(folder, "refused-")), "run");
        const source = args.includes("--source-name") ? [] : ["--source-name", "a"];
        const flags = ["--json", "--to", url, "--run-dir", runDir, ...source, ...args];
        const { exitCode, stderr } = await runCli(["backfill", path, ...flags]);
        expect([exitCode, stderr]).toEqual([3, expect.stringContaining(`"${code}"`)]);
      }
      expect(await keyspace.execute("SELECT * FROM {ks}.octoload_meta")).toEqual(before);
    });

    it("is refused where its tables are not what they should be", async () => {
      const keyspace = await open("node");
      const path = smallSource(10);
      await loadInto([keyspace.url], folder, { sources: [path] });
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes DROP material_id");
      const error = await rejectionOf(loadInto([keyspace.url], folder, { sources: [path] }));
      expect(error.code).toBe("TARGET_SCHEMA");
      expect(error.remedy).toContain("octoload schema --to URL --check");
    });

    it("is noticed where it was replaced between two processes of a run", async () => {
      const keyspace = await open("node");
      const stop = new AbortController();
      const onProgress = (event: RunEvent) => {
        if (event.event === "progress" && event.migrated > 0) stop.abort();
      };
      const options = { sources: [source], rowsPerSecond: 1 };
      const hooks = { signal: stop.signal, onProgress };
      const { runDir } = await loadInto([keyspace.url], folder, options, hooks);
      await keyspace.execute("DROP KEYSPACE {ks}");
      const gone = await rejectionOf(loadInto([keyspace.url], folder, { runDir }));
      expect(gone.code).toBe("RUN_OTHER");
      await loadInto([keyspace.url], folder, { sources: [smallSource(10)] });
      const other = await rejectionOf(loadInto([keyspace.url], folder, { runDir }));
      expect(other.code).toBe("RUN_OTHER");
    });
  });

  describe("a target that is lost during a load", () => {
    it.each([
      ["TRUNCATE {ks}.octree_nodes", "RUN_OTHER"],
      ["DROP TABLE {ks}.octree_nodes", "CASSANDRA_SCHEMA_LOST"],
      ["DROP KEYSPACE {ks}", "CASSANDRA_SCHEMA_LOST"],
    ])("ends it with its checkpoint kept: %s", async (statement, code) => {
      const keyspace = await open("node");
      let loss: Promise<unknown> | undefined;
      const onProgress = (event: RunEvent) => {
        if (event.event === "progress" && event.migrated > 0) loss ??= keyspace.execute(statement);
      };
      const runDir = join(mkdtempSync(join(folder, "lost-")), "run");
      // The truncated one is noticed within some seconds.
      const options = { sources: [source], runDir, rowsPerSecond: ROWS / 15 };
      const error = await rejectionOf(loadInto([keyspace.url], folder, options, { onProgress }));
      await loss;
      expect([error.code, error.isLate]).toEqual([code, true]);
      const [sink] = readJson(runDir, "report.json").sinks as { loaded: number }[];
      expect(sink?.loaded).toBeGreaterThan(0);
      expect(sink?.loaded).toBeLessThan(ROWS);
      expect(readJson(runDir, "run.json").state).toBe("failed");
    });
  });

  describe("write times", () => {
    it("are before T0 once it is set, which may not suit an embedded target", async () => {
      const keyspace = await open("node");
      const path = smallSource(10);
      const embedded = newTarget();
      const to = [keyspace.url, `sqlite:${embedded}`];
      await loadInto(to, folder, { sources: [path] });
      await switchDualWriteOn(keyspace.session);
      await loadInto([keyspace.url], folder, { sources: [path] });
      const [time = 0n] = await keyspace.writeTimes();
      expect(time).toBeGreaterThan(BigInt(Date.now()) * 1000n - 60_000_000n);
      const database = new Database(embedded);
      database
        .prepare("UPDATE octoload_state SET value = ? WHERE key = 'last_write_time_us'")
        .run(String(time + 3_600_000_000n));
      database.close();
      const error = await rejectionOf(loadInto(to, folder, { sources: [path] }));
      expect(error.code).toBe("WRITE_TIMES_DIFFER");
      await giveUpT0(keyspace.session);
      const { runDir } = await loadInto(to, folder, { sources: [path] });
      const settled = BigInt(String(readJson(runDir, "run.json").writeTimeUs));
      expect(settled).toBe(time + 3_600_001_000n);
      expect(await keyspace.writeTimes()).toEqual([settled]);
    });

    it("are those of two clusters' targets at once", async () => {
      const [node, tile] = [await open("node"), await open("tile")];
      const path = smallSource(10);
      const { runDir } = await loadInto([node.url, tile.url], folder, { sources: [path] });
      const settled = BigInt(String(readJson(runDir, "run.json").writeTimeUs));
      expect(await node.writeTimes()).toEqual([settled]);
      expect(await tile.writeTimes()).toEqual([settled]);
      expect(eventsOf(runDir).some(({ event }) => event === "finished")).toBe(true);
    });
  });

  describe("a dry run", () => {
    it("makes nothing", async () => {
      const keyspace = await open("node");
      const options = { sources: [smallSource(10)], dryRun: true };
      const { report } = await loadInto([keyspace.url], folder, options);
      expect(report.outcome).toBe("dry-run");
      const found = await keyspace.execute(
        `SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace.keyspace}'`,
      );
      expect(found).toEqual([]);
    });
  });
});
