import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, type QueryOptions, types } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { backupTarget } from "../../src/backup/backup.js";
import { restoreBackup } from "../../src/backup/restore.js";
import { readRowFile } from "../../src/backup/row-file.js";
import { CellWriter } from "../../src/backup/write-cells.js";
import { readWarning } from "../../src/cassandra/dispatch/server-warnings.js";
import { beginRestore } from "../../src/cassandra/restore-claim.js";
import {
  readDualWriteStatus,
  switchDualWriteOff,
  switchDualWriteOn,
} from "../../src/cassandra/t0.js";
import type { Layout } from "../../src/sink/sink.js";
import { openTarget } from "../../src/target/open-target.js";
import { runCli } from "../cli/run-cli.js";
import { rejectionOf } from "../support/rejection-of.js";
import { nodeTable, readJson } from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

const ROWS = 1200;
const folder = tempFolder();

function newSource(...table: Parameters<typeof nodeTable>): string {
  const path = join(mkdtempSync(join(folder, "source-")), "earth.db");
  writeTable(path, nodeTable(...table));
  return path;
}

type SendBatch = (
  queries: { query: string; params: unknown[] }[],
  options?: QueryOptions,
) => Promise<types.ResultSet>;

const newOut = () => join(mkdtempSync(join(folder, "backup-")), "backup");

async function backUp(keyspace: LoadKeyspace): Promise<string> {
  const out = newOut();
  const result = await backupTarget({ from: keyspace.url, out, env: {} });
  expect(result.kind).toBe("done");
  return out;
}

const restore = (backup: string, to: string, replace = true) =>
  restoreBackup({ backup, to, replace, env: {} });

const load = (keyspace: LoadKeyspace, source: string, options = {}) =>
  loadInto([keyspace.url], folder, { sources: [source], sourceName: "earth", ...options });

describeOnCassandra("a backup of a target in Cassandra", (cassandra) => {
  const opened: LoadKeyspace[] = [];
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
    let first: string;

    beforeAll(async () => {
      keyspace = await open(layout);
      first = newSource(ROWS);
      await load(keyspace, first);
    });

    it("undoes rows that were changed, added and deleted later", async () => {
      const [cells, times] = [await keyspace.cells(), await keyspace.writeTimes()];
      const meta = await keyspace.execute("SELECT * FROM {ks}.octoload_meta");
      const out = await backUp(keyspace);
      const changes = { 7: { MaterialId: 99n }, 8: { Metadata: "other" }, 9: { MaterialId: null } };
      // Less rows, which the prune deletes at a later time than they were written; and new ones.
      await load(keyspace, newSource(ROWS - 500, changes), { prune: true });
      await load(keyspace, newSource(ROWS + 100));
      await load(keyspace, newSource(ROWS - 500, changes), { prune: true });
      expect((await keyspace.cells()).length).toBe(ROWS - 500);
      const result = await restore(out, keyspace.url);
      expect(result).toMatchObject({ kind: "rows", expired: 0, digest: { rows: ROWS } });
      expect(await keyspace.cells()).toEqual(cells);
      expect(await keyspace.writeTimes()).toEqual(times);
      expect(await keyspace.execute("SELECT * FROM {ks}.octoload_meta")).toEqual(meta);
    });

    it("leaves a target that later loads replace, and earlier runs do not resume into", async () => {
      const out = await backUp(keyspace);
      const before = await readDualWriteStatus(keyspace.session);
      const { runDir } = await load(keyspace, newSource(20, {}), { maxErrors: 0 });
      await restore(out, keyspace.url);
      const after = await readDualWriteStatus(keyspace.session);
      expect(after.runs).toBe(before.runs + 1n);
      expect(after.lastRunUs).toBe(BigInt(String(readJson(runDir, "run.json").writeTimeUs)));
      const changed = newSource(ROWS, { 5: { MaterialId: 77n }, 6: { MaterialId: null } });
      await load(keyspace, changed);
      const materials = (await keyspace.cells()).map(({ materialId }) => materialId);
      expect(materials.filter((material) => material === 77)).toHaveLength(1);
      expect(materials.filter((material) => material === null)).toHaveLength(1);
      expect((await keyspace.writeTimes()).length).toBe(1);
    });

    it("is written in batches that are not too large for the server", async () => {
      const out = await backUp(keyspace);
      const [sizes, warned] = [[] as number[], [] as unknown[]];
      const { client } = keyspace.session;
      const writer = await CellWriter.open(keyspace.session, layout);
      const batch: SendBatch = client.batch.bind(client);
      vi.spyOn(client, "batch").mockImplementation((async (queries, options) => {
        const result = await batch(queries, options);
        const warnings = result.info.warnings ?? [];
        sizes.push(queries.length);
        warned.push(...warnings.filter((text) => readWarning(text).kind !== "expected"));
        return result;
      }) as SendBatch as Client["batch"]);
      for await (const rows of readRowFile(join(out, "rows.bin"))) await writer.write(rows);
      await writer.drain();
      expect(warned).toEqual([]);
      expect(writer.written).toEqual({ rows: ROWS, expired: 0 });
      expect(Math.max(...sizes)).toBeGreaterThan(8);
      vi.restoreAllMocks();
    });

    it("goes into another keyspace, which it makes", async () => {
      const out = await backUp(keyspace);
      const other = await open(layout);
      await restore(out, other.url, false);
      expect(await other.cells()).toEqual(await keyspace.cells());
      expect(await other.writeTimes()).toEqual(await keyspace.writeTimes());
      const nothing = await load(other, newSource(ROWS));
      expect(nothing.report.outcome).toBe("done");
    });
  });

  it("is written in halves of a batch that the server refuses as too large", async () => {
    const keyspace = await open("node");
    await load(keyspace, newSource(ROWS));
    const cells = await keyspace.cells();
    const out = await backUp(keyspace);
    await keyspace.execute("TRUNCATE {ks}.octree_nodes");
    const sent = vi.spyOn(keyspace.session.client, "batch");
    // Above batch_size_fail_threshold, 50 KiB by default.
    const limits = { maxRows: ROWS, maxMutationBytes: 1 << 20 };
    const writer = await CellWriter.open(keyspace.session, "node", limits);
    for await (const rows of readRowFile(join(out, "rows.bin"))) await writer.write(rows);
    await writer.drain();
    const refused = await Promise.allSettled(sent.mock.results.map(({ value }) => value));
    vi.restoreAllMocks();
    expect(refused.some(({ status }) => status === "rejected")).toBe(true);
    expect(await keyspace.cells()).toEqual(cells);
  });

  describe("of cells with times of their own", () => {
    it("keeps each write time, and what is left of a time to live", async () => {
      const keyspace = await open("node");
      await load(keyspace, newSource(10));
      const [cell] = await keyspace.cells();
      const key = `morton_code = ${cell?.code} AND level = ${cell?.level}`;
      const [time = 0n] = await keyspace.writeTimes();
      const liveUs = time + 5_000_000n;
      await keyspace.execute(
        `UPDATE {ks}.octree_nodes USING TIMESTAMP ${liveUs} SET material_id = 41 WHERE ${key}`,
      );
      const columns = "material_id, homogeneity, children_mask, compressed_data, last_modified";
      await keyspace.execute(
        `INSERT INTO {ks}.octree_nodes (morton_code, level, ${columns})
         VALUES (99, 12, 1, 1, 0, 0x00, 0) USING TTL 5000`,
      );
      await keyspace.execute(
        `INSERT INTO {ks}.octree_nodes (morton_code, level, material_id) VALUES (98, 12, 1)`,
      );
      await keyspace.execute("INSERT INTO {ks}.octree_nodes (morton_code, level) VALUES (97, 12)");
      const select = `SELECT morton_code, WRITETIME(material_id) AS time, TTL(material_id) AS ttl,
        WRITETIME(homogeneity) AS other, material_id FROM {ks}.octree_nodes`;
      const shown = async () =>
        (await keyspace.execute(select))
          .map(({ ttl, ...row }) => ({ ...row, ttl: ttl === null ? null : Number(ttl) > 4000 }))
          .sort((a, b) => String(a).localeCompare(String(b)));
      const before = await shown();
      expect(before).toHaveLength(13);
      const out = await backUp(keyspace);
      await keyspace.execute("TRUNCATE {ks}.octree_nodes");
      const result = await restore(out, keyspace.url);
      expect(result).toMatchObject({ digest: { rows: 13, lasting: { rows: 12 } } });
      expect(new Set((await shown()).map((row) => JSON.stringify(row, bigText)))).toEqual(
        new Set(before.map((row) => JSON.stringify(row, bigText))),
      );
    });

    it("does not bring back what has expired since", async () => {
      const keyspace = await open("node");
      await load(keyspace, newSource(10));
      await keyspace.execute(
        "INSERT INTO {ks}.octree_nodes (morton_code, level, material_id) VALUES (99, 12, 1) USING TTL 3",
      );
      const out = await backUp(keyspace);
      expect(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"))).toMatchObject({
        content: { rows: { digest: { rows: 11 } } },
      });
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const result = await restore(out, keyspace.url);
      expect(result).toMatchObject({ kind: "rows", expired: 1, digest: { rows: 10 } });
    });
  });

  describe("a restore", () => {
    it("is refused unasked, while dual write is on, and into another layout", async () => {
      const keyspace = await open("node");
      await load(keyspace, newSource(10));
      const out = await backUp(keyspace);
      const codeOf = async (to: string, replace = true) =>
        (await rejectionOf(restore(out, to, replace))).code;
      expect(await codeOf(keyspace.url, false)).toBe("RESTORE_NEEDS_REPLACE");
      expect(await codeOf(keyspace.url.replace("=node", "=tile"))).toBe("TARGET_LAYOUT");
      expect(await codeOf("sqlite:x.octree")).toBe("BACKUP_KIND");
      const tile = await open("tile");
      await load(tile, newSource(10));
      expect(await codeOf(tile.url.replace("&layout=tile", ""))).toBe("TARGET_LAYOUT");
      await switchDualWriteOn(keyspace.session);
      expect(await codeOf(keyspace.url)).toBe("TARGET_LIVE");
      const { exitCode, stderr } = await runCli(["restore", out, "--replace", "--json"]);
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('"TARGET_LIVE"')]);
      await switchDualWriteOff(keyspace.session);
      const t0 = (await readDualWriteStatus(keyspace.session)).t0;
      await restore(out, keyspace.url);
      // Services may still know it.
      expect((await readDualWriteStatus(keyspace.session)).t0).toEqual(t0);
    });

    it("that was broken off keeps loads away until it is run again", async () => {
      const keyspace = await open("node");
      const source = newSource(10);
      await load(keyspace, source);
      const cells = await keyspace.cells();
      const out = await backUp(keyspace);
      await beginRestore(keyspace.session, "killed");
      await keyspace.execute("TRUNCATE {ks}.octree_nodes");
      expect((await rejectionOf(load(keyspace, source))).code).toBe("TARGET_RESTORING");
      expect((await rejectionOf(switchDualWriteOn(keyspace.session))).code).toBe(
        "TARGET_RESTORING",
      );
      const reading = await rejectionOf(openTarget(keyspace.url, { env: {} }));
      expect([reading.code, reading.message]).toEqual([
        "TARGET_RESTORING",
        expect.stringContaining("a restore began at"),
      ]);
      const backup = backupTarget({ from: keyspace.url, out: newOut(), env: {} });
      expect((await rejectionOf(backup)).code).toBe("TARGET_RESTORING");
      await restore(out, keyspace.url);
      expect(await keyspace.cells()).toEqual(cells);
      expect((await load(keyspace, source)).report.outcome).toBe("done");
    });

    it("does not say done where something else writes meanwhile", async () => {
      const keyspace = await open("node");
      await load(keyspace, newSource(2000));
      const out = await backUp(keyspace);
      let isWritten = false;
      const hooks = {
        onProgress: ({ step }: { readonly step: string }) => {
          if (step !== "write" || isWritten) return;
          isWritten = true;
          const query = `INSERT INTO "${keyspace.keyspace}".octree_nodes (morton_code, level) VALUES (5, 3)`;
          keyspace.session.client.execute(query).catch(() => undefined);
        },
      };
      const options = { backup: out, to: keyspace.url, replace: true, env: {} };
      const error = await rejectionOf(restoreBackup(options, hooks));
      expect([error.code, error.isLate]).toEqual(["RESTORE_DIFFERS", true]);
      expect((await rejectionOf(load(keyspace, newSource(3)))).code).toBe("TARGET_RESTORING");
      await restore(out, keyspace.url);
    });

    it("is refused of a damaged backup before anything is emptied", async () => {
      const keyspace = await open("node");
      await load(keyspace, newSource(100));
      const out = await backUp(keyspace);
      const path = join(out, "rows.bin");
      const bytes = readFileSync(path);
      bytes[bytes.length - 60] = (bytes.at(-60) ?? 0) ^ 4;
      writeFileSync(path, bytes);
      const error = await rejectionOf(restore(out, keyspace.url));
      expect(error.code).toBe("BACKUP_DAMAGED");
      expect(error.message).toContain("block 0:");
      expect((await keyspace.cells()).length).toBe(100);
    });

    it("is refused where the server would hide what it writes", async () => {
      const keyspace = await open("node");
      await load(keyspace, newSource(10));
      const out = await backUp(keyspace);
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes DROP material_id");
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes ADD material_id int");
      const error = await rejectionOf(restore(out, keyspace.url));
      expect(error.code).toBe("RESTORE_HIDDEN");
    });
  });

  describe("a target that was not there", () => {
    it("is put back to its absence", async () => {
      const keyspace = await open("node");
      const out = newOut();
      await backupTarget({ from: keyspace.url, out, env: {}, allowAbsent: true });
      await load(keyspace, newSource(10));
      expect((await rejectionOf(restore(out, keyspace.url, false))).code).toBe(
        "RESTORE_NEEDS_REPLACE",
      );
      expect(await restore(out, keyspace.url)).toMatchObject({ kind: "removed" });
      const found = await keyspace.execute(
        `SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace.keyspace}'`,
      );
      expect(found).toEqual([]);
    });
  });

  describe("refusals", () => {
    it("are made of what is no target, and of columns that are not ours", async () => {
      const keyspace = await open("node");
      const codeOf = async () =>
        (await rejectionOf(backupTarget({ from: keyspace.url, out: newOut(), env: {} }))).code;
      expect(await codeOf()).toBe("CASSANDRA_KEYSPACE");
      await load(keyspace, newSource(10));
      const out = newOut();
      const nodetool = "/nonexistent/nodetool";
      const tool = await rejectionOf(backupTarget({ from: keyspace.url, out, nodetool, env: {} }));
      expect(tool.code).toBe("NODETOOL_FAILED");
      const program = join(mkdtempSync(join(folder, "tool-")), "nodetool");
      writeFileSync(program, '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
      const tools = { nodetool: program, rows: false, env: {} };
      const taken = await backupTarget({ from: keyspace.url, out, ...tools });
      const tag = taken.kind === "done" ? `octoload-${taken.manifest.id}` : "";
      const said = `-h ${cassandra.host} snapshot -t ${tag} -- ${keyspace.keyspace}`;
      expect(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"))).toMatchObject({
        content: { rows: null, snapshots: [{ node: cassandra.host, tag, said }] },
      });
      expect((await rejectionOf(restore(out, keyspace.url))).code).toBe("BACKUP_NO_ROWS");
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes ADD owner text");
      expect(await codeOf()).toBe("BACKUP_COLUMNS");
    });
  });
});

function bigText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" || types.Long.isLong(value) ? String(value) : value;
}
