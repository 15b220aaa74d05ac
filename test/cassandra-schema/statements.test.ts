import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaStatements } from "../../src/cassandra/schema.js";
import { defaultTableOptions } from "../../src/cassandra/schema-options.js";
import { runCli } from "../cli/run-cli.js";

// octoload.json of the working directory would be read.
const home = process.cwd();
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "octoload-schema-"));
  process.chdir(dir);
});

afterAll(() => {
  process.chdir(home);
  rmSync(dir, { recursive: true });
});

describe("schemaStatements", () => {
  it("makes the tables of layout tile, with the options asked for", () => {
    const statements = schemaStatements({
      keyspace: "Earth",
      layout: "tile",
      replication: { dc1: 3, dc2: 2 },
      tableOptions: {
        compaction: "unified",
        compression: "none",
        chunkKib: 16,
        ttlSeconds: 60,
        gcGraceDays: 10,
      },
    });
    expect(statements.map(({ object }) => object)).toEqual([
      "Earth",
      "Earth.octoload_meta",
      "Earth.octoload_state",
      "Earth.octree_tiles",
    ]);
    expect(statements[0]?.cql).toBe(
      `CREATE KEYSPACE IF NOT EXISTS "Earth"
  WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}`,
    );
    expect(statements[3]?.cql).toBe(
      `CREATE TABLE IF NOT EXISTS "Earth".octree_tiles (
  level tinyint,
  tile bigint,
  cell smallint,
  material_id int,
  homogeneity float,
  children_mask tinyint,
  compressed_data blob,
  last_modified bigint,
  PRIMARY KEY ((level, tile), cell)
) WITH comment = 'octoload: one row a cell of the octree'
  AND compaction = {'class': 'UnifiedCompactionStrategy'}
  AND compression = {'enabled': 'false'}
  AND gc_grace_seconds = 864000
  AND default_time_to_live = 60`,
    );
  });

  it("makes the table of layout node with the defaults", () => {
    const cql = schemaStatements({
      keyspace: "ks",
      layout: "node",
      replication: { dc1: 1 },
      tableOptions: defaultTableOptions,
    }).at(-1)?.cql;
    expect(cql).toContain("morton_code bigint,\n  level tinyint,\n");
    expect(cql).toContain("PRIMARY KEY (morton_code, level)");
    expect(cql).toContain("'chunk_length_in_kb': 16");
    expect(cql).toContain("gc_grace_seconds = 7776000\n  AND default_time_to_live = 0");
  });
});

describe("octoload schema --print --rf", () => {
  // No server answers on port 1.
  const to = ["--to", "cassandra://127.0.0.1:1/ks?layout=tile"];

  it("prints a script without asking a server", async () => {
    const { exitCode, stdout, stderr } = await runCli([
      "schema",
      "--print",
      "--rf",
      "dc1:3,dc2:3",
      "--frame",
      "bluemarble",
      ...to,
    ]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("-- octoload: keyspace ks, layout tile, frame bluemarble\n");
    expect(stdout).toContain("'dc1': 3, 'dc2': 3};\n");
    expect(stdout).toContain("VALUES ('layout', 'tile') IF NOT EXISTS;\n");
    expect(stdout).toContain(`VALUES ('frame', '{"name":"bluemarble"`);
    const statements = stdout
      .split(";\n")
      .map((part) => part.replace(/^\s*(--.*\n)+\n?(--.*\n)*/, ""));
    expect(statements.filter((text) => text.trim() !== "")).toHaveLength(8);
  });

  it("prints the statements as JSON", async () => {
    const { stdout } = await runCli(["schema", "--print", "--rf", "dc1:3", "--json", ...to]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      keyspace: "ks",
      layout: "tile",
      replication: { dc1: 3 },
      frame: { name: "centred" },
    });
    expect(report.statements).toHaveLength(8);
    expect(report.statements[0].cql).toMatch(/^CREATE KEYSPACE/);
  });
});

describe("octoload schema", () => {
  const to = ["--to", "cassandra://h/ks"];

  it.each<[args: readonly string[], message: RegExp]>([
    [["--print", "--rf", "dc1:3"], /--to is missing/],
    [to, /one of --print, --apply and --check/],
    [["--print", "--check", ...to], /one of --print, --apply and --check/],
    [["--print", "--rf", "dc1:3", "--to", "sqlite:a.db"], /schema is for Cassandra targets/],
    [["--print", "--rf", "3", ...to], /SCHEMA_OPTION: --rf must be as dc1:3/],
    [["--apply", "--chunk-kib", "3", ...to], /SCHEMA_OPTION: --chunk-kib/],
    [["--apply", "--to", "cassandra://me:hunter2@h/ks"], /TARGET_URL: .*no password/],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli(["schema", ...args]);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("hunter2");
  });
});
