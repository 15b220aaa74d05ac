import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { applySchema } from "../../src/cassandra/apply-schema.js";
import { MetaStore } from "../../src/cassandra/meta.js";
import { defaultTableOptions } from "../../src/cassandra/schema-options.js";
import { type Frame, frames } from "../../src/encoding/frame.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import {
  readTargetRecord,
  recordLoad,
  recordTarget,
  settleTarget,
} from "../../src/sink/cassandra/target-record.js";
import type { Layout, TargetFacts } from "../../src/sink/sink.js";
import type { TopmostCells } from "../../src/sink/topmost-cells.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";
import { openSchemaKeyspace, type SchemaKeyspace } from "./schema-keyspace.js";

async function makeTables({ session, keyspace }: SchemaKeyspace, layout: Layout): Promise<void> {
  await applySchema(session, {
    keyspace,
    layout,
    replication: { [session.datacenter]: 1 },
    tableOptions: defaultTableOptions,
  });
}

describeOnCassandra("what a target in Cassandra records", (cassandra) => {
  let keyspace: SchemaKeyspace;
  let store: MetaStore;

  /** Of both layouts, made once: to make a table takes a second. */
  beforeAll(async () => {
    keyspace = await openSchemaKeyspace(cassandra);
    store = new MetaStore(keyspace.session);
    await makeTables(keyspace, "node");
    await makeTables(keyspace, "tile");
  });

  afterAll(async () => {
    await keyspace?.end();
  });

  afterEach(async () => {
    for (const key of (await store.readAll()).keys()) {
      await keyspace.execute(`DELETE FROM {ks}.octoload_meta WHERE key = '${key}' IF EXISTS`);
    }
  });

  function facts(changes: Partial<TargetFacts> = {}): TargetFacts {
    return {
      frame: frames.centred,
      sourceName: "earth",
      sourceFingerprint: "f1",
      table: "nodes",
      columnNames: {
        id: "Id",
        x: "X",
        y: "Y",
        z: "Z",
        level: "Level",
        materialId: null,
        density: null,
        metadata: null,
        created: null,
      },
      columnOrder: ["Id", "X", "Y", "Z", "Level"],
      columnSets: [{ number: 1, columns: [{ name: "Note", declaredType: "TEXT" }] }],
      runId: "run-1",
      writeTimeUs: 1n,
      addSource: false,
      ...changes,
    };
  }

  const record = (changes: Partial<TargetFacts> = {}, layout: Layout = "node") =>
    recordLoad(keyspace.session, layout, facts(changes));

  /** The code of each load that was refused, "" of each that was not. */
  async function outcomes(loads: readonly Promise<void>[]): Promise<string[]> {
    const settled = await Promise.allSettled(loads);
    return settled.map((one) => {
      if (one.status === "fulfilled") return "";
      if (one.reason instanceof OctoloadError) return one.reason.code;
      throw one.reason;
    });
  }

  describe("MetaStore", () => {
    it("lets the first writer win, and tells the others what stands there", async () => {
      expect(await store.insert("k", "a")).toEqual({ applied: true });
      expect(await store.insert("k", "b")).toEqual({ applied: false, value: "a" });
      expect(await store.replace("k", "b", "c")).toEqual({ applied: false, value: "a" });
      expect(await store.replace("k", "a", "c")).toEqual({ applied: true });
      expect(await store.replace("none", "a", "c")).toEqual({ applied: false, value: undefined });
      expect(await store.readAll()).toEqual(new Map([["k", "c"]]));
    });
  });

  describe("recordLoad", () => {
    it("records what a later load and an export need", async () => {
      expect(await readTargetRecord(keyspace.session, "tile")).toBeUndefined();
      await record({}, "tile");
      expect(await readTargetRecord(keyspace.session, "tile")).toEqual({
        layout: "tile",
        frame: frames.centred,
        sources: [
          expect.objectContaining({
            name: "earth",
            fingerprint: "f1",
            table: "nodes",
            columnSets: [1],
          }),
        ],
        columnSets: facts().columnSets,
      });
    });

    it("replaces a source's earlier record, and keeps its column sets", async () => {
      await record();
      const second = { number: 2, columns: [{ name: "Extra", declaredType: "" }] };
      await record({ sourceFingerprint: "f2", columnSets: [second] });
      const meta = await readTargetRecord(keyspace.session, "node");
      expect(meta?.sources).toEqual([
        expect.objectContaining({ fingerprint: "f2", columnSets: [1, 2] }),
      ]);
      expect(meta?.columnSets).toEqual([...facts().columnSets, second]);
    });

    it("adds a source only where that is said", async () => {
      await record();
      expect((await rejectionOf(record({ sourceName: "mars" }))).code).toBe("TARGET_SOURCE");
      await record({ sourceName: "mars", addSource: true });
      await record({ sourceName: "mars", sourceFingerprint: "f2" });
      const meta = await readTargetRecord(keyspace.session, "node");
      expect(meta?.sources.map(({ name }) => name)).toEqual(["earth", "mars"]);
    });

    it.each<[code: string, changes: Partial<TargetFacts>]>([
      ["TARGET_FRAME", { frame: frames.bluemarble }],
      ["TARGET_SOURCE", { sourceName: "mars" }],
      [
        "TARGET_COLUMNS",
        { columnSets: [{ number: 1, columns: [{ name: "Other", declaredType: "" }] }] },
      ],
    ])("refuses with %s, and records nothing of it", async (code, changes) => {
      await record();
      const before = await store.readAll();
      expect((await rejectionOf(record(changes))).code).toBe(code);
      expect(await store.readAll()).toEqual(before);
    });

    it("refuses a target of another layout", async () => {
      await record({}, "tile");
      expect((await rejectionOf(record({}, "node"))).code).toBe("TARGET_LAYOUT");
    });

    it("refuses a target without keyspace or tables, or with a column changed", async () => {
      const other = await openSchemaKeyspace(cassandra);
      const refusal = async (layout: Layout) => {
        const { code, fault } = await rejectionOf(recordLoad(other.session, layout, facts()));
        return `${code}: ${fault}`;
      };
      try {
        expect(await refusal("node")).toMatch(/^CASSANDRA_KEYSPACE/);
        await makeTables(other, "node");
        expect(await refusal("tile")).toMatch(/^TARGET_MISSING: .* has no octree_tiles/);
        await other.execute("ALTER TABLE {ks}.octree_nodes DROP material_id");
        expect(await refusal("node")).toMatch(/^TARGET_SCHEMA: .*material_id is missing/);
        expect(await other.execute("SELECT * FROM {ks}.octoload_meta")).toEqual([]);
      } finally {
        await other.end();
      }
    });

    it("refuses a target of another version", async () => {
      await store.insert("schema_version", "99");
      const error = await rejectionOf(record());
      expect(error.code).toBe("TARGET_SCHEMA");
      expect(error.fault).toMatch(/schema version 99/);
      expect((await store.readAll()).size).toBe(1);
    });
  });

  describe("loads that begin at the same moment", () => {
    const names = ["a", "b", "c", "d", "e"];

    it("of different sources: one is recorded, the others are refused", async () => {
      const codes = await outcomes(names.map((sourceName) => record({ sourceName })));
      expect(codes.sort()).toEqual(["", ...names.slice(1).map(() => "TARGET_SOURCE")]);
      expect((await readTargetRecord(keyspace.session, "node"))?.sources).toHaveLength(1);
    });

    it("of different sources that may be added: all are recorded", async () => {
      await outcomes(names.map((sourceName) => record({ sourceName, addSource: true })));
      const meta = await readTargetRecord(keyspace.session, "node");
      expect(meta?.sources.map(({ name }) => name).sort()).toEqual(names);
    });

    it("in different frames: one decides", async () => {
      const wanted: readonly Frame[] = [frames.centred, frames.bluemarble, frames.centred];
      const codes = await outcomes(wanted.map((frame) => record({ frame })));
      const meta = await readTargetRecord(keyspace.session, "node");
      const expected = wanted.map((frame) =>
        frame.name === meta?.frame.name ? "" : "TARGET_FRAME",
      );
      expect(codes).toEqual(expected);
    });

    it("with different columns of one number: one decides", async () => {
      const codes = await outcomes(
        names.map((name) =>
          record({ columnSets: [{ number: 1, columns: [{ name, declaredType: "" }] }] }),
        ),
      );
      expect(codes.sort()).toEqual(["", ...names.slice(1).map(() => "TARGET_COLUMNS")]);
    });
  });

  describe("where a source lies", () => {
    const cells = (code: string): TopmostCells => ({ cells: [[1, code]], coarsenedTo: null });

    it("is recorded when it is known, kept until it is known again, and compared", async () => {
      await record();
      const load = (changes: Partial<TargetFacts>, code: string) =>
        recordLoad(keyspace.session, "node", facts(changes), cells(code));
      await load({}, "1");
      await record({ sourceFingerprint: "f2" });
      const meta = await readTargetRecord(keyspace.session, "node");
      expect(meta?.sources[0]).toMatchObject({ fingerprint: "f2", topmost: cells("1") });
      const mars = { sourceName: "mars", addSource: true };
      expect((await rejectionOf(load(mars, "1"))).code).toBe("SOURCE_OVERLAP");
      await load(mars, "2");
      expect((await readTargetRecord(keyspace.session, "node"))?.sources).toHaveLength(2);
    });
  });

  describe("a target's record that was broken off", () => {
    it("is completed by the next one, if that agrees with it", async () => {
      await store.insert("schema_version", "1");
      await store.insert("envelope_version", "1");
      await store.insert("layout", "tile");
      const refused = recordTarget(keyspace.session, "node", frames.centred);
      expect((await rejectionOf(refused)).code).toBe("TARGET_LAYOUT");
      expect((await rejectionOf(readTargetRecord(keyspace.session, "node"))).code).toBe(
        "TARGET_SCHEMA",
      );
      await recordTarget(keyspace.session, "tile", frames.bluemarble);
      expect(await settleTarget(keyspace.session, { layout: null, frame: null })).toMatchObject({
        layout: "tile",
        frame: frames.bluemarble,
      });
    });
  });
});
