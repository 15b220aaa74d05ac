import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import type { Layout } from "../../src/sink/sink.js";
import { exportTarget } from "../../src/target/export.js";
import { runCli } from "../cli/run-cli.js";
import { anyRow, expectedContent, set, tableContent } from "../support/exported-table.js";
import { rejectionOf } from "../support/rejection-of.js";
import { seed } from "../support/seed.js";
import { describeOnCassandra } from "../support/servers.js";
import type { SinkRow } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";
import { openReadsKeyspace } from "./reads-keyspace.js";
import type { SchemaKeyspace } from "./schema-keyspace.js";

const folder = tempFolder();
let files = 0;
const newPath = () => join(folder, `file-${files++}.gpkg`);

describeOnCassandra("export from Cassandra", (cassandra) => {
  let keyspace: SchemaKeyspace | undefined;

  afterEach(async () => {
    await keyspace?.end();
    keyspace = undefined;
  });

  it.each<Layout>(["node", "tile"])(
    "gives nasty rows of layout %s back bit for bit",
    async (layout) => {
      const all = fc.sample(anyRow, { seed, numRuns: 300 });
      const rows = [...new Map(all.map((row) => [`${row.level}:${row.code}`, row])).values()];
      keyspace = await openReadsKeyspace(cassandra, layout, rows, { columnSets: [set] });
      const out = newPath();
      const result = await exportTarget(keyspace.url, out, { env: {} });
      const own = set.columns.map(({ name }) => name);
      expect(result).toMatchObject({ rows: rows.length, countedRows: rows.length });
      expect(result.tables.map(({ name }) => name)).toEqual(["octree"]);
      expect(tableContent(out, "octree")).toEqual(expectedContent(rows, own));
    },
  );

  it.each<Layout>(["node", "tile"])("takes many rows and large ones, layout %s", async (layout) => {
    const large = Uint8Array.from({ length: 3 << 19 }, (_, i) => Math.imul(i, i ^ 0x9e37) >>> 13);
    const rows = Array.from({ length: 6000 }, (_, i): SinkRow => {
      return { level: 7, code: BigInt(i) * 3n, id: BigInt(i), metadata: i % 900 === 5 ? large : i };
    });
    keyspace = await openReadsKeyspace(cassandra, layout, rows);
    const out = newPath();
    const { exitCode, stdout } = await runCli(["export", "--from", keyspace.url, out, "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 6000, countedRows: 6000 });
    const database = new Database(out, { readonly: true });
    const sums = database
      .prepare("SELECT count(*), sum(Id), sum(length(Metadata) > 1000000) FROM octree")
      .raw()
      .get();
    database.close();
    expect(sums).toEqual([6000, (5999 * 6000) / 2, 7]);
  });

  it("makes the source's table of a target without rows", async () => {
    keyspace = await openReadsKeyspace(cassandra, "node", []);
    const { tables, countedRows } = await exportTarget(keyspace.url, newPath(), { env: {} });
    expect([tables.map(({ name, rows }) => [name, rows]), countedRows]).toEqual([
      [["octree", 0]],
      0,
    ]);
  });

  it("leaves no file where a row is damaged", async () => {
    keyspace = await openReadsKeyspace(cassandra, "node", [{ level: 5, code: 77n }]);
    await keyspace.execute(
      "UPDATE {ks}.octree_nodes SET compressed_data = 0x0102 WHERE morton_code = 77 AND level = 5",
    );
    const out = newPath();
    const error = await rejectionOf(exportTarget(keyspace.url, out, { env: {} }));
    expect([error.code, existsSync(out)]).toEqual([expect.stringMatching(/^ENVELOPE_/), false]);
  });
});
