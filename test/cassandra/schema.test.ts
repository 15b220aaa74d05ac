import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../cli/run-cli.js";
import { describeOnCassandra } from "../support/servers.js";
import { openSchemaKeyspace, type SchemaKeyspace } from "./schema-keyspace.js";

describeOnCassandra("octoload schema on a server", (cassandra) => {
  let keyspace: SchemaKeyspace;

  beforeEach(async () => {
    keyspace = await openSchemaKeyspace(cassandra);
  });

  afterEach(async () => {
    await keyspace.end();
  });

  /** Runs `octoload schema` on the keyspace; `query` is the URL's part behind the question mark. */
  function schema(args: readonly string[], query = "") {
    const url = query === "" ? keyspace.url : `${keyspace.url}?${query}`;
    return runCli(["schema", "--to", url, ...args]);
  }

  const tables = async () => {
    const rows = await keyspace.execute(
      `SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace.keyspace}'`,
    );
    return rows.map(({ table_name }) => table_name).sort();
  };

  const meta = async () => {
    const rows = await keyspace.execute("SELECT key, value FROM {ks}.octoload_meta");
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  };

  describe.each([
    ["node", "octree_nodes"],
    ["tile", "octree_tiles"],
  ])("octoload schema, layout %s", (layout, table) => {
    const query = `layout=${layout}`;

    it("is missing, then applied, then as it should be", async () => {
      const before = await schema(["--check"], query);
      expect(before.exitCode).toBe(7);
      expect(before.stdout).toMatch(/keyspace +present +missing/);
      const applied = await schema(["--apply", "--json"], query);
      expect(applied.exitCode).toBe(0);
      expect(JSON.parse(applied.stdout)).toMatchObject({
        layout,
        frame: { name: "centred" },
        existing: [],
        drift: [],
      });
      expect(await tables()).toEqual(["octoload_meta", "octoload_state", table]);
      expect(await meta()).toMatchObject({ layout, schema_version: "1", envelope_version: "1" });
      const after = await schema(["--check"], query);
      expect([after.exitCode, after.stdout]).toEqual([
        0,
        `${keyspace.keyspace} is as it should be, layout ${layout}\n`,
      ]);
    });

    it("prints a script that makes the same", async () => {
      const { stdout } = await schema(["--print"], query);
      for (let round = 0; round < 2; round++) {
        for (const statement of stdout.split(/;\n/)) {
          if (statement.trim() !== "") await keyspace.execute(statement);
        }
      }
      const check = await schema(["--check", "--frame", "centred"], query);
      expect(check.exitCode).toBe(0);
      const printed = await meta();
      const applied = await schema(["--apply", "--json"], query);
      expect(JSON.parse(applied.stdout).created).toEqual([]);
      expect(await meta()).toEqual(printed);
    });
  });

  describe("octoload schema --apply", () => {
    it("says aloud that a cluster of one node has one copy", async () => {
      const { stderr } = await schema(["--apply"]);
      expect(stderr).toMatch(/one copy of each row: the cluster has one node/);
      expect(stderr).toMatch(/data centre \S+: the only one there is/);
    });

    it("creates what is missing and leaves the rest as it is", async () => {
      await schema(["--apply"]);
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes WITH gc_grace_seconds = 60");
      await keyspace.execute("DROP TABLE {ks}.octoload_state");
      const { exitCode, stdout, stderr } = await schema(["--apply"]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/octoload_state +created\n/);
      expect(stdout).toMatch(/octree_nodes +was there\n/);
      expect(stderr).toMatch(/left as they are:[\s\S]*gc_grace_seconds +7776000 +60/);
    });

    it("makes the table that is asked for", async () => {
      const options = [
        ...["--compaction", "size-tiered", "--compression", "zstd", "--chunk-kib", "4"],
        ...["--ttl", "3600", "--gc-grace-days", "1", "--rf", `${keyspace.session.datacenter}:1`],
      ];
      expect((await schema(["--apply", ...options])).exitCode).toBe(0);
      expect((await schema(["--check", ...options])).exitCode).toBe(0);
      const { exitCode, stdout } = await schema(["--check", "--json"]);
      expect(exitCode).toBe(7);
      const items = JSON.parse(stdout).drift.map(({ item }: { item: string }) => item);
      expect(items).toEqual([
        "compaction",
        "compression",
        "gc_grace_seconds",
        "default_time_to_live",
      ]);
    });

    it("makes a table without compression", async () => {
      const options = ["--compression", "none"];
      await schema(["--apply", ...options]);
      expect((await schema(["--check", ...options])).exitCode).toBe(0);
    });

    it("keeps layout and frame of a target: others are refused, by default they are taken", async () => {
      await schema(["--apply", "--frame", "bluemarble"], "layout=tile");
      const before = await meta();
      for (const [args, query, code] of [
        [["--frame", "centred"], "", "TARGET_FRAME"],
        [[], "layout=node", "TARGET_LAYOUT"],
      ] as const) {
        for (const mode of ["--apply", "--check"]) {
          const { exitCode, stderr } = await schema([mode, ...args], query);
          expect(exitCode).toBe(3);
          expect(stderr).toContain(code);
        }
      }
      expect(await meta()).toEqual(before);
      expect(await tables()).not.toContain("octree_nodes");
      const { stdout } = await schema(["--apply", "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ layout: "tile", frame: { name: "bluemarble" } });
      expect((await schema(["--check"])).exitCode).toBe(0);
    });

    it("does not touch tables of others", async () => {
      await keyspace.execute(
        "CREATE KEYSPACE {ks} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
      );
      await keyspace.execute("CREATE TABLE {ks}.octree_nodes (id int PRIMARY KEY)");
      const { exitCode, stderr } = await schema(["--apply"]);
      expect(exitCode).toBe(3);
      expect(stderr).toContain("TARGET_FOREIGN");
      expect(await tables()).toEqual(["octree_nodes"]);
    });

    it("refuses a table that lost a column, and a check names it", async () => {
      await schema(["--apply"]);
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes DROP homogeneity");
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes ADD note text");
      const { exitCode, stdout } = await schema(["--check", "--json"]);
      expect(exitCode).toBe(7);
      const object = `${keyspace.keyspace}.octree_nodes`;
      expect(JSON.parse(stdout).drift).toEqual([
        {
          object,
          item: "column homogeneity",
          expected: "float",
          found: "missing",
          loadable: false,
        },
        { object, item: "column note", expected: "none", found: "text", loadable: true },
      ]);
      const applied = await schema(["--apply"]);
      expect(applied.exitCode).toBe(3);
      expect(applied.stderr).toContain("TARGET_SCHEMA");
    });

    it.each([
      ["dc9:3", /data centre dc9, but there are/],
      ["dc9:3,{dc}:1", /data centre dc9/],
    ])("refuses --rf %s before anything is made", async (rf, message) => {
      const text = rf.replace("{dc}", keyspace.session.datacenter);
      const { exitCode, stderr } = await schema(["--apply", "--rf", text]);
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(message);
      expect(await tables()).toEqual([]);
    });
  });
});
