import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { traces } from "../cassandra-model/commands.js";
import {
  columns,
  type MergedRow,
  type Mutation,
  merge,
  nothing,
  rowOf,
  visible,
} from "../cassandra-model/merge-rule.js";
import { type Replayed, readRow, replay } from "../cassandra-model/replay.js";
import { Simulation } from "../cassandra-model/simulation.js";
import { runs } from "../support/seed.js";
import { describeOnCassandra } from "../support/servers.js";
import { createStateKeyspace, type StateKeyspace } from "./state-keyspace.js";

const TRACES = 60;
const ROWS = 150;

describeOnCassandra("the merge rule and the model", (cassandra) => {
  let keyspace: StateKeyspace;
  let table: string;

  beforeAll(async () => {
    keyspace = await createStateKeyspace(cassandra);
    table = `${keyspace.session.target.keyspace}.octree_nodes`;
  });

  afterAll(async () => {
    await keyspace?.drop();
  });

  /** Makes them one after another and compares each row with the model's. */
  async function expectSameRows(mutations: readonly Replayed[]): Promise<void> {
    const { client } = keyspace.session;
    const model = new Map<number, MergedRow>();
    for (const one of mutations) {
      await replay(client, table, one);
      model.set(one.key, merge(model.get(one.key) ?? nothing, rowOf(one.mutation)));
    }
    const got = new Map<number, unknown>();
    for (const key of model.keys()) got.set(key, await readRow(client, table, key));
    expect(got).toEqual(new Map([...model].map(([key, row]) => [key, visible(row)])));
  }

  describe("the model's merge rule, beside a real server", () => {
    const value = fc.constantFrom(undefined, null, -128, -1, 0, 1, 127);
    const values = fc.record(Object.fromEntries(columns.map((name) => [name, value])));
    // Three timestamps: most of what meets has the same one.
    const timeUs = fc.bigInt(1000n, 1002n);
    const mutation: fc.Arbitrary<Mutation> = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("insert"), timeUs, values }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("update"), timeUs, values }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete"), timeUs }) },
    );

    it("knows a row that an INSERT made from one that only UPDATEs filled", async () => {
      const nulls = { material_id: null, children_mask: null };
      const histories: Mutation[][] = [
        [{ kind: "update", timeUs: 1000n, values: nulls }],
        [{ kind: "insert", timeUs: 1000n, values: nulls }],
        [{ kind: "insert", timeUs: 1000n, values: {} }],
        [
          { kind: "update", timeUs: 1000n, values: { material_id: 1 } },
          { kind: "update", timeUs: 1001n, values: nulls },
        ],
        [
          { kind: "insert", timeUs: 1000n, values: { material_id: 1 } },
          { kind: "delete", timeUs: 1000n },
          { kind: "update", timeUs: 1001n, values: nulls },
        ],
      ];
      await expectSameRows(
        histories.flatMap((history, i) => {
          return history.map((one) => ({ key: 5_000 + i, mutation: one }));
        }),
      );
    });

    it("decides ties, NULLs, deletes and what was left unset alike", async () => {
      const rows = fc.sample(fc.array(mutation, { minLength: 2, maxLength: 6 }), runs(ROWS));
      const mutations = rows.flatMap((row, key) => row.map((one) => ({ key, mutation: one })));
      await expectSameRows(mutations);
    });
  });

  describe("traces of the model, replayed on a real server", () => {
    it("leave the rows that the model has", async () => {
      const samples = fc.sample(traces({ withResets: true }), runs(TRACES));
      const mutations = samples.flatMap((commands, i) => {
        const simulation = new Simulation();
        for (const command of commands) simulation.do(command);
        return simulation.sent.map(({ key, mutation }) => ({
          key: 10_000 + i * 100 + key,
          mutation,
        }));
      });
      expect(mutations.length).toBeGreaterThan(5 * TRACES);
      await expectSameRows(mutations);
    });
  });
});
