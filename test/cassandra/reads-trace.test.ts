import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Layout } from "../../src/sink/sink.js";
import { runCli } from "../cli/run-cli.js";
import { describeOnCassandra } from "../support/servers.js";
import { cellOf, type SinkRow } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";
import { openReadsKeyspace } from "./reads-keyspace.js";
import type { SchemaKeyspace } from "./schema-keyspace.js";

const folder = tempFolder();
const point = [1000, -2000, 3000] as const;
const there: SinkRow = { ...cellOf(point, 18), point, id: 42n, material: 7 };
const other: SinkRow = { ...cellOf(point, 12), point, id: 43n };

interface Report {
  readonly rows: readonly {
    readonly source: { readonly rowid: string } | null;
    readonly cell: Readonly<Record<string, unknown>>;
    readonly token: string;
    readonly copies: readonly {
      readonly node: string;
      readonly answer: string;
      readonly writeTimesUs?: Readonly<Record<string, string | null>>;
      readonly row?: { readonly materialId: number };
    }[];
  }[];
}

describeOnCassandra("octoload trace of a target in Cassandra", (cassandra) => {
  describe.each<Layout>(["node", "tile"])("layout %s", (layout) => {
    let keyspace: SchemaKeyspace;
    const source = join(folder, `${layout}.db`);
    const where =
      layout === "node"
        ? `morton_code = ${there.code} AND level = 18`
        : `level = 18 AND tile = ${there.code >> 15n} AND cell = ${there.code & 0x7fffn}`;
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";

    beforeAll(async () => {
      keyspace = await openReadsKeyspace(cassandra, layout, [there, other]);
      const database = new Database(source);
      database.exec(`CREATE TABLE octree(Id INTEGER, X REAL, Y REAL, Z REAL, Level INTEGER);
        INSERT INTO octree VALUES (42, 1000, -2000, 3000, 18), (44, 1000, -2000, 3000, 3)`);
      database.close();
    });

    afterAll(async () => {
      await keyspace?.end();
    });

    const trace = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await runCli([
        ...["trace", "--to", keyspace.url, "--json"],
        ...args,
      ]);
      return { exitCode, stderr, report: JSON.parse(stdout) as Report };
    };
    const key = ["--key", String(there.code), "--level", "18"];

    it("shows token, replicas, values and write times", async () => {
      const { exitCode, report } = await trace(...key);
      expect(exitCode).toBe(0);
      const [row] = report.rows;
      expect(row?.cell).toMatchObject({ level: 18, mortonCode: String(there.code) });
      const partition = layout === "node" ? "morton_code" : "level, tile";
      const [server] = await keyspace.execute(
        `SELECT token(${partition}) AS its_token FROM {ks}.${table} WHERE ${where}`,
      );
      expect(row?.token).toBe(String(server?.its_token));
      const time = "1700000000000000";
      expect(row?.copies).toEqual([
        expect.objectContaining({
          node: `${cassandra.host}:${cassandra.port}`,
          answer: "row",
          row: expect.objectContaining({ materialId: 7 }) as unknown,
          writeTimesUs: {
            ...{ material_id: time, homogeneity: time, children_mask: time },
            ...{ compressed_data: time, last_modified: time },
          },
        }),
      ]);
    });

    it("finds the cell of an Id by the source", async () => {
      const { exitCode, report } = await trace("--id", "42", "--source", source);
      expect(exitCode).toBe(0);
      const [row] = report.rows;
      expect(row?.source?.rowid).toBe("1");
      expect(row?.cell.mortonCode).toBe(String(there.code));
      const byKey = await trace(...key, "--source", source);
      expect(byKey.report.rows).toEqual(report.rows);
    });

    it("exits 7 for a row that no replica has, and for an Id that the source lacks", async () => {
      const absent = await trace("--id", "44", "--source", source);
      expect(absent.exitCode).toBe(7);
      expect(absent.report.rows[0]?.copies.map(({ answer }) => answer)).toEqual(["absent"]);
      const none = await trace("--id", "45", "--source", source);
      expect([none.exitCode, none.report.rows]).toEqual([7, []]);
    });

    it("says that an Id needs a source", async () => {
      const { exitCode, stderr } = await runCli(["trace", "--to", keyspace.url, "--id", "42"]);
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/^octoload: USAGE: a target has no index by Id.*--source FILE/);
    });

    it("tells columns apart that were written at different times", async () => {
      await keyspace.execute(
        `UPDATE {ks}.${table} USING TIMESTAMP 1800000000000000 SET material_id = 8 WHERE ${where}`,
      );
      const { report } = await trace(...key);
      const [copy] = report.rows[0]?.copies ?? [];
      expect(copy?.row?.materialId).toBe(8);
      expect(copy?.writeTimesUs).toMatchObject({
        material_id: "1800000000000000",
        homogeneity: "1700000000000000",
      });
      const { stdout } = await runCli(["trace", "--to", keyspace.url, ...key]);
      expect(stdout).toMatch(/material_id 2027-01-15T08:00:00.000Z \(1800000000000000\)/);
    });
  });
});
