import { join } from "node:path";
import { expect, it } from "vitest";
import { describeSource } from "../../src/backfill/describe-run.js";
import { noWriteTimes } from "../../src/cassandra/write-time.js";
import { frames } from "../../src/encoding/frame.js";
import { type AskedTarget, compareTargets } from "../../src/inspect/check-targets.js";
import { nothingRecorded } from "../../src/sink/recorded-target.js";
import { Fixtures } from "../source/source-fixtures.js";
import { cassandraFacts } from "./cassandra-samples.js";

const fixtures = new Fixtures();

function asked(name: string, t0Us: bigint | null): AskedTarget {
  const t0 = t0Us === null ? null : { us: t0Us, runs: 0n };
  const target = { contactPoints: ["h:9042"], keyspace: "k", datacenter: null, layout: null };
  return {
    ...{ url: `cassandra://${name}/k`, layout: "node", order: "node-token" },
    parsed: { kind: "cassandra", ...target, consistency: "local_quorum", tls: null },
    recorded: nothingRecorded,
    cassandra: cassandraFacts({ writeTimes: { ...noWriteTimes, t0 } }),
    refusals: [],
  };
}

it("refuses targets for which no one write time would do, as a load does", async () => {
  const source = await fixtures.source({ paths: [fixtures.nodes(2)] });
  const run = {
    source: await describeSource(source, { sources: [join(fixtures.folder, "x")] }),
    ...{ runId: "r", addSource: false },
  };
  const codes = async (...targets: AskedTarget[]) => {
    const planned = { source, settings: { frame: frames.centred }, run };
    const compared = await compareTargets(targets, planned, { cells: [], coarsenedTo: null });
    return compared.map(({ refusals }) => refusals.map(({ code }) => code));
  };
  const t0 = 1_700_000_000_000_000n;
  expect(await codes(asked("a", null), asked("b", null))).toEqual([[], []]);
  expect(await codes(asked("a", t0), asked("b", t0))).toEqual([[], []]);
  expect(await codes(asked("a", t0), asked("b", null))).toEqual([
    ["WRITE_TIMES_DIFFER"],
    ["WRITE_TIMES_DIFFER"],
  ]);
});
