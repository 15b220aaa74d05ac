import { copyFileSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CheckReport, findChecker, runChecker } from "../../scripts/independent/checker.js";
import type { Layout } from "../../src/sink/sink.js";
import { runCli } from "../cli/run-cli.js";
import { nastyTable } from "../support/nasty-tables.js";
import { type CassandraAddress, describeOnCassandra } from "../support/servers.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LoadKeyspace, openLoadKeyspace } from "./load-keyspace.js";

const ROWS = 3000;
const SUITE = "what a Python program finds that shares no code with octoload";

const checker = await findChecker({ install: false });
if (checker.kind === "found") {
  describeOnCassandra(SUITE, (cassandra) => checkedByPython(cassandra, checker.cqlsh));
} else {
  if (process.env.CI === "true")
    throw new Error(`with CI=true Python is needed: ${checker.reason}`);
  describe.todo(`${SUITE} (skipped: ${checker.reason})`);
}

function checkedByPython(
  cassandra: CassandraAddress,
  cqlsh: Parameters<typeof runChecker>[0],
): void {
  const folder = tempFolder();
  const source = join(folder, "earth.gpkg");
  const opened: LoadKeyspace[] = [];

  beforeAll(async () => {
    const args = ["--nodes", `${ROWS}`, "--seed", "1"];
    expect((await runCli(["generate", source, ...args])).exitCode).toBe(0);
  });

  afterAll(async () => {
    for (const keyspace of opened) await keyspace.end();
  });

  /** Loads a source by the command. */
  const load = async (layout: Layout, path: string, args: readonly string[] = []) => {
    const keyspace = await openLoadKeyspace(cassandra, layout);
    opened.push(keyspace);
    const runDir = join(mkdtempSync(join(folder, "run-")), "run");
    const command = ["backfill", path, "--to", keyspace.url, "--run-dir", runDir, ...args];
    return { keyspace, ...(await runCli(command)) };
  };

  const check = async (
    { keyspace, layout }: LoadKeyspace,
    path: string,
  ): Promise<{ code: number; report: CheckReport }> => {
    const place = { ...cassandra, keyspace, layout };
    const { code, output } = await runChecker(cqlsh, path, place, ["--json"]);
    expect(output).toMatch(/^\{.*\}\n$/);
    return { code, report: JSON.parse(output) };
  };

  const differingOf = ({ differing }: CheckReport) =>
    Object.fromEntries(Object.entries(differing).filter(([, rows]) => rows > 0));

  describe.each<Layout>(["node", "tile"])("layout %s", (layout) => {
    let keyspace: LoadKeyspace;

    it("every row, as the source has it", async () => {
      const loaded = await load(layout, source);
      expect([loaded.exitCode, loaded.stderr]).toEqual([0, expect.anything()]);
      keyspace = loaded.keyspace;
      const { code, report } = await check(keyspace, source);
      const all = { sourceRows: ROWS, expected: ROWS, found: ROWS, envelopesChecked: ROWS };
      expect(report).toMatchObject({ agrees: true, ...all, missing: 0, extra: 0, examples: [] });
      expect(differingOf(report)).toEqual({});
      expect(report.writeTimes).toEqual((await keyspace.writeTimes()).map(String));
      expect(code).toBe(0);
    });

    it("each value of the source that has changed since", async () => {
      const path = join(mkdtempSync(join(folder, "changed-")), "earth.gpkg");
      copyFileSync(source, path);
      const database = new Database(path);
      const changes = [
        "Id = -Id",
        "X = X + 0.001",
        "Density = 0.5",
        "Metadata = CAST(Metadata AS BLOB)",
        "Created = '2001-09-09T01:46:40Z'",
        "MaterialId = 99",
      ];
      // Of leaves: nothing below them changes with them.
      const rowids = database
        .prepare<[number], number>(
          `SELECT fid FROM octree_nodes WHERE Level = (SELECT max(Level) FROM octree_nodes)
             AND Metadata IS NOT NULL LIMIT ?`,
        )
        .pluck()
        .all(changes.length);
      for (const [at, change] of changes.entries()) {
        database.exec(`UPDATE octree_nodes SET ${change} WHERE fid = ${rowids[at]}`);
      }
      database.close();
      const { code, report } = await check(keyspace, path);
      expect(code).toBe(6);
      expect(report.agrees).toBe(false);
      expect(differingOf(report)).toMatchObject({
        ...{ Id: 1, X: 1, Density: 1, Metadata: 1, Created: 1 },
        ...{ last_modified: 1, material_id: 1 },
      });
    });

    it("what else is in a nasty table, and only that", async () => {
      for (const [at, table] of fc.sample(nastyTable, { seed: 5, numRuns: 3 }).entries()) {
        const path = join(folder, `nasty-${layout}-${at}.db`);
        writeTable(path, table);
        const loaded = await load(layout, path, ["--max-errors", "100%"]);
        expect(loaded.exitCode).toBeLessThanOrEqual(1);
        const { report } = await check(loaded.keyspace, path);
        expect([report.examples, report.faults]).toEqual([[], []]);
        const rejected = Object.values(report.rejected).reduce((sum, rows) => sum + rows, 0);
        expect(report).toMatchObject({ agrees: true, sourceRows: table.rows.length });
        expect(report.found).toBe(table.rows.length - rejected);
        expect(rejected > 0).toBe(loaded.exitCode === 1);
      }
    });
  });

  it("each value of the target that somebody has changed", async () => {
    const { keyspace, exitCode } = await load("node", source);
    expect(exitCode).toBe(0);
    const rows = await keyspace.execute("SELECT * FROM {ks}.octree_nodes LIMIT 8");
    const whereOf = (at: number) =>
      `WHERE morton_code = ${rows[at]?.morton_code} AND level = ${rows[at]?.level}`;
    const other = Buffer.from(rows[7]?.compressed_data as Buffer).toString("hex");
    const changes = [
      "material_id = 77",
      "homogeneity = 0.125",
      `children_mask = ${Number(rows[2]?.children_mask) === -1 ? 0 : -1}`,
      "last_modified = 1",
      `compressed_data = 0x${other}`,
      "compressed_data = null",
    ];
    for (const [at, change] of changes.entries()) {
      await keyspace.execute(`UPDATE {ks}.octree_nodes SET ${change} ${whereOf(at)}`);
    }
    await keyspace.execute(`DELETE FROM {ks}.octree_nodes ${whereOf(6)}`);
    await keyspace.execute("INSERT INTO {ks}.octree_nodes (morton_code, level) VALUES (5, 21)");

    const { code, report } = await check(keyspace, source);
    expect(code).toBe(6);
    expect(report).toMatchObject({ agrees: false, found: ROWS - 1, missing: 1, extra: 1 });
    expect(differingOf(report)).toEqual({
      ...{ material_id: 1, homogeneity: 1, children_mask: 1, last_modified: 1, compressed_data: 2 },
    });
    const cell = (at: number) => `level ${rows[at]?.level} code ${rows[at]?.morton_code}`;
    const materialId = String(rows[0]?.material_id ?? "None");
    expect(report.examples).toEqual(
      expect.arrayContaining([
        `${cell(0)}: material_id is 77, not ${materialId}`,
        expect.stringContaining(`${cell(1)}: homogeneity is 0.125, not `),
        expect.stringContaining(`${cell(2)}: children_mask is `),
        expect.stringContaining(`${cell(3)}: last_modified is 1, not `),
        `${cell(4)}: compressed_data is wrong checksum, not an envelope of this cell`,
        `${cell(5)}: compressed_data is NULL, not an envelope`,
        `${cell(6)}: missing`,
        "level 21 code 5: not in the source",
      ]),
    );
    expect(report.faults).toEqual([expect.stringMatching(/^2 write times: /)]);
  });
}
