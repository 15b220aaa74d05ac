import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CassandraServers, startCassandra } from "../../scripts/cluster/cassandra.mjs";
import { exportTarget } from "../../src/target/export.js";
import { openTarget } from "../../src/target/open-target.js";
import { openReadsKeyspace } from "../cassandra/reads-keyspace.js";
import type { SchemaKeyspace } from "../cassandra/schema-keyspace.js";
import { runCli } from "../cli/run-cli.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeWithPrograms } from "../support/servers.js";
import type { SinkRow } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";

const rows = Array.from({ length: 3000 }, (_, i): SinkRow => {
  return { level: 9, code: BigInt(i) * 5n, id: BigInt(i), material: 1, metadata: "x" };
});
const folder = tempFolder();

interface Report {
  readonly rows: readonly {
    readonly copies: readonly {
      readonly node: string;
      readonly answer: string;
      readonly digest?: string;
      readonly writeTimesUs?: Readonly<Record<string, string | null>>;
      readonly row?: { readonly materialId: number };
    }[];
  }[];
}

/** The first test's dead node is the second's, and so on: they are one story. */
describeWithPrograms(["java", "mvn"], "reads of three nodes with three copies", () => {
  let servers: CassandraServers;
  let keyspace: SchemaKeyspace;

  beforeAll(async () => {
    // Without hints a node that was down stays behind.
    servers = await startCassandra({
      nodes: 3,
      isShortLived: true,
      yaml: { hinted_handoff_enabled: false },
    });
    const host = servers.contactPoints.join(`:${servers.port},`);
    const address = { host, port: servers.port, dc: servers.dc };
    keyspace = await openReadsKeyspace(address, "node", rows, {}, 3);
  }, 240_000);

  afterAll(async () => {
    await keyspace?.session.close();
    await servers?.stop();
  }, 60_000);

  const trace = async (code: number) => {
    const line = ["trace", "--to", keyspace.url, "--key", String(code), "--level", "9", "--json"];
    const { exitCode, stdout } = await runCli(line);
    const { copies = [] } = (JSON.parse(stdout) as Report).rows[0] ?? {};
    return { exitCode, copies };
  };

  it("a scan gives each row once, though a node is killed meanwhile", async () => {
    const target = await openTarget(keyspace.url, { env: {} });
    const ids: bigint[] = [];
    for await (const batch of target.scan()) {
      if (ids.length === 0) await servers.node(3).kill("SIGKILL");
      ids.push(...batch.map(({ values }) => values.id as bigint));
    }
    await target.close();
    expect(ids.length).toBe(rows.length);
    expect(new Set(ids).size).toBe(rows.length);
  }, 120_000);

  it("with two of three, everything is read and exported", async () => {
    const target = await openTarget(keyspace.url, { env: {} });
    for (const { code, level } of rows.slice(0, 200)) {
      expect((await target.getCell(code, level))?.mortonCode).toBe(code);
    }
    await target.close();
    const out = join(folder, "out.gpkg");
    const result = await exportTarget(keyspace.url, out, { env: {} });
    expect(result).toMatchObject({ rows: rows.length, countedRows: rows.length });
    const database = new Database(out, { readonly: true });
    const found = database.prepare("SELECT count(DISTINCT Id) FROM octree").pluck().get();
    database.close();
    expect(found).toBe(rows.length);
  }, 120_000);

  it("trace shows what each of them has by itself", async () => {
    const table = "{ks}.octree_nodes";
    await keyspace.execute(
      `UPDATE ${table} USING TIMESTAMP 1800000000000000 SET material_id = 2 WHERE morton_code = 5 AND level = 9`,
    );
    await keyspace.execute(
      `DELETE FROM ${table} USING TIMESTAMP 1800000000000000 WHERE morton_code = 10 AND level = 9`,
    );
    await servers.node(3).start();
    await servers.waitUntilWhole();
    const behind = `${servers.contactPoints[2]}:${servers.port}`;

    const same = await trace(15);
    expect([same.exitCode, same.copies.length]).toEqual([0, 3]);
    expect(new Set(same.copies.map(({ digest }) => digest)).size).toBe(1);

    const updated = await trace(5);
    expect(updated.exitCode).toBe(6);
    expect(
      updated.copies.map(({ node, row }) => [node === behind, row?.materialId]).sort(),
    ).toEqual([
      [false, 2],
      [false, 2],
      [true, 1],
    ]);
    const old = updated.copies.find(({ node }) => node === behind);
    expect(old?.writeTimesUs?.material_id).toBe("1700000000000000");

    const deleted = await trace(10);
    expect(deleted.exitCode).toBe(6);
    expect(deleted.copies.map(({ node, answer }) => [node === behind, answer]).sort()).toEqual([
      [false, "absent"],
      [false, "absent"],
      [true, "row"],
    ]);
  }, 120_000);

  it("with one of three, reads fail with a code, and trace says who is silent", async () => {
    await servers.node(1).kill("SIGKILL");
    await servers.node(2).kill("SIGKILL");
    const one = await openTarget(`${keyspace.url}?consistency=local_one`, { env: {} });
    expect((await one.getCell(15n, 9))?.mortonCode).toBe(15n);
    await one.close();
    // A timeout as long as the last node takes the others for alive.
    const refusal = async () => (await rejectionOf(openTarget(keyspace.url, { env: {} }))).code;
    await expect.poll(refusal, { timeout: 90_000 }).toBe("CASSANDRA_UNAVAILABLE");
    const line = ["trace", "--to", `${keyspace.url}?consistency=local_one`, "--json"];
    const { exitCode, stdout } = await runCli([...line, "--key", "15", "--level", "9"]);
    const { copies = [] } = (JSON.parse(stdout) as Report).rows[0] ?? {};
    expect(exitCode).toBe(8);
    expect(copies.map(({ answer }) => answer).sort()).toEqual(["failed", "failed", "row"]);
  }, 120_000);
});
