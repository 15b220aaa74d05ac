import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimRun, requireCurrentRun } from "../../src/cassandra/run-claim.js";
import { switchDualWriteOn } from "../../src/cassandra/t0.js";
import { runCli } from "../cli/run-cli.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";
import { openSchemaKeyspace, type SchemaKeyspace } from "./schema-keyspace.js";

describeOnCassandra("the table of a run", (cassandra) => {
  let keyspace: SchemaKeyspace;
  const claim = (runId: string) => claimRun(keyspace.session, { runId, layout: "node" });
  const look = (runId: string) => requireCurrentRun(keyspace.session, { runId, layout: "node" });
  const apply = async () => {
    expect((await runCli(["schema", "--apply", "--to", keyspace.url])).exitCode).toBe(0);
  };

  beforeAll(async () => {
    keyspace = await openSchemaKeyspace(cassandra);
    await apply();
  });

  afterAll(async () => {
    await keyspace.end();
  });

  it("is the one it was claimed for", async () => {
    const claimed = await claim("first");
    expect(await look("first")).toEqual(claimed);
    expect(await claim("first")).toEqual(claimed);
  });

  it("may not be one that was made in its place", async () => {
    await keyspace.execute("DROP TABLE {ks}.octree_nodes");
    expect((await rejectionOf(look("first"))).code).toBe("CASSANDRA_SCHEMA_LOST");
    await apply();
    for (const again of [look, claim]) {
      const error = await rejectionOf(again("first"));
      expect([error.code, error.fault]).toEqual(["RUN_OTHER", expect.stringContaining("anew")]);
      expect(error.remedy).toContain("--restart");
    }
    await claim("second");
    await look("second");
  });

  it("may not be one that was truncated since, but one that was before", async () => {
    await keyspace.execute("TRUNCATE {ks}.octree_nodes");
    for (const again of [look, claim]) {
      const error = await rejectionOf(again("second"));
      expect([error.code, error.fault]).toEqual([
        "RUN_OTHER",
        expect.stringContaining("truncated"),
      ]);
    }
    await claim("emptied");
    await look("emptied");
    expect((await rejectionOf(look("second"))).code).toBe("RUN_OTHER");
  });

  describe("with a column that was dropped and added again", () => {
    beforeAll(async () => {
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes DROP material_id");
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes ADD material_id int");
    });

    it("is refused to the run from before, and good for one after", async () => {
      const error = await rejectionOf(look("emptied"));
      expect([error.code, error.fault]).toEqual([
        "RUN_OTHER",
        expect.stringContaining("column material_id of octree_nodes was dropped"),
      ]);
      await claim("third");
      await look("third");
    });

    it("is refused to one whose time T0 puts before the drop", async () => {
      await switchDualWriteOn(keyspace.session);
      await claim("fourth");
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes DROP material_id USING TIMESTAMP 1");
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes ADD material_id int");
      await look("fourth");
      const later = (BigInt(Date.now()) + 60_000n) * 1000n;
      const drop = `ALTER TABLE {ks}.octree_nodes DROP material_id USING TIMESTAMP ${later}`;
      await keyspace.execute(drop);
      await keyspace.execute("ALTER TABLE {ks}.octree_nodes ADD material_id int");
      const runsBefore = await keyspace.execute("SELECT key, value FROM {ks}.octoload_state");
      expect((await rejectionOf(claim("fifth"))).code).toBe("RUN_OTHER");
      expect(await keyspace.execute("SELECT key, value FROM {ks}.octoload_state")).toEqual(
        runsBefore,
      );
    });
  });
});
