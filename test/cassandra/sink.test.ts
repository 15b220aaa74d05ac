import { afterAll, beforeAll, expect, it } from "vitest";
import { beginPrune, claimRun } from "../../src/cassandra/run-claim.js";
import { createSink } from "../../src/sink/create-sink.js";
import { nothingRecorded } from "../../src/sink/recorded-target.js";
import type { LoadFacts, Sink } from "../../src/sink/sink.js";
import type { SinkNotice } from "../../src/sink/sink-notices.js";
import type { TopmostCells } from "../../src/sink/topmost-cells.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";
import { sinkBatch, targetFacts } from "../support/sink-blocks.js";
import { type LoadKeyspace, openLoadKeyspace } from "./load-keyspace.js";

const cells = (code: string): TopmostCells => ({ cells: [[3, code]], coarsenedTo: null });

describeOnCassandra("a sink into Cassandra", (cassandra) => {
  let keyspace: LoadKeyspace;
  const notices: SinkNotice[] = [];
  const open: Sink[] = [];

  const connect = async () => {
    const sink = await createSink(keyspace.url, { onNotice: (notice) => notices.push(notice) });
    open.push(sink);
    return sink;
  };

  /** A sink whose run is claimed and begun. */
  const begin = async (facts: Partial<LoadFacts>, topmost = cells("9")) => {
    const sink = await connect();
    const all = targetFacts(facts);
    const writeTimeUs = (await sink.claim?.(all, BigInt(Date.now()) * 1000n)) ?? 0n;
    await sink.open({ ...all, writeTimeUs });
    await sink.requireApart(topmost);
    await sink.begin(topmost);
    return { sink, writeTimeUs };
  };

  beforeAll(async () => {
    keyspace = await openLoadKeyspace(cassandra, "tile");
  });

  afterAll(async () => {
    for (const sink of open) await sink.close();
    await keyspace.end();
  });

  it("knows nothing of a keyspace that is not there, and then its runs", async () => {
    expect(await (await connect()).recorded()).toEqual(nothingRecorded);
    const { sink, writeTimeUs } = await begin({ runId: "a" });
    expect(await sink.write(sinkBatch([{ level: 3, code: 73n }]))).toEqual({ refused: [] });
    await sink.finish();
    expect((await keyspace.cells()).map(({ level, code }) => [level, code])).toEqual([[3, 73n]]);
    const recorded = await sink.recorded();
    expect(recorded.lastRun).toEqual({ runId: "a", baseRunId: "a", writeTimeUs });
    expect(recorded.lastWriteTimeUs).toBe(writeTimeUs);
    expect(recorded.meta?.sources).toMatchObject([{ name: "earth.gpkg", topmost: cells("9") }]);
    await begin({ runId: "b", baseRunId: "a" });
    expect((await sink.recorded()).lastRun).toMatchObject({ runId: "b", baseRunId: "a" });
  });

  it("knows order, deepest level and layout of what is there, which the URL need not say", async () => {
    const sink = await createSink(keyspace.url.replace("&layout=tile", ""));
    open.push(sink);
    expect(sink).toMatchObject({ layout: "tile", order: "tile-token", maxLevel: 26, cursors: 4 });
  });

  it("refuses a source that lies in another one, before it is recorded", async () => {
    const other = { runId: "c", sourceName: "mars", addSource: true };
    const error = await rejectionOf(begin(other, { cells: [[4, "73"]], coarsenedTo: null }));
    expect(error.code).toBe("SOURCE_OVERLAP");
    const { meta } = await (await connect()).recorded();
    expect(meta?.sources.map(({ name }) => name)).toEqual(["earth.gpkg"]);
  });

  it("refuses a run that has another write time, or none, here", async () => {
    const { writeTimeUs } = await begin({ runId: "d" });
    const resume = async (runId: string, timeUs: bigint) => {
      const sink = await connect();
      return sink.open({ ...targetFacts({ runId }), writeTimeUs: timeUs });
    };
    await resume("d", writeTimeUs);
    expect((await rejectionOf(resume("d", writeTimeUs + 1n))).code).toBe("RUN_OTHER");
    expect((await rejectionOf(resume("unknown", writeTimeUs))).code).toBe("RUN_OTHER");
  });

  it("ends a run that a later one has pruned", async () => {
    const { sink } = await begin({ runId: "e" });
    await sink.write(sinkBatch([{ level: 3, code: 74n }]));
    const later = { runId: "f", layout: "tile" } as const;
    await claimRun(keyspace.session, later);
    await beginPrune(keyspace.session, later);
    expect((await rejectionOf(sink.finish())).code).toBe("RUN_SUPERSEDED");
    const error = await rejectionOf(sink.write(sinkBatch([{ level: 3, code: 75n }])));
    expect(error.code).toBe("RUN_SUPERSEDED");
    expect((await keyspace.cells()).map(({ code }) => code)).toEqual([73n, 74n]);
  });

  it("says what it did", () => {
    const notes = notices.flatMap((notice) => (notice.kind === "note" ? [notice.message] : []));
    expect(notes.filter((note) => note.startsWith(`made ${keyspace.keyspace}`)).length).toBe(1);
    expect(notices.filter(({ kind }) => kind === "warning")).toEqual([]);
  });
});
