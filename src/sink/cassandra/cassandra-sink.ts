import type { CassandraTarget } from "../../cassandra/cassandra-url.js";
import { requireServerClock, systemClock } from "../../cassandra/clock.js";
import { consistencyCode } from "../../cassandra/consistency.js";
import { requireTables } from "../../cassandra/fitness.js";
import { inspectKeyspace } from "../../cassandra/inspect.js";
import {
  beginPrune,
  claimRun,
  type RunClaim,
  requireCurrentRun,
} from "../../cassandra/run-claim.js";
import { type CassandraSession, connectCassandra } from "../../cassandra/session.js";
import { MAX_CODE_LEVEL, MAX_LEVEL } from "../../encoding/level.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { RecordedTarget } from "../recorded-target.js";
import type { Layout, LoadFacts, Sink, SinkOrder, TargetFacts, WriteResult } from "../sink.js";
import type { SinkBatch } from "../sink-batch.js";
import type { SinkNotice } from "../sink-notices.js";
import type { SinkTuning } from "../sink-tuning.js";
import { requireOnlySource, type TargetPrune } from "../target-prune.js";
import { requireNoOverlap, type TopmostCells } from "../topmost-cells.js";
import { ClusterPrune } from "./cluster-prune.js";
import { ClusterWriter, DEFAULT_OUTAGE_TIMEOUT_MS } from "./cluster-writer.js";
import { makeMissingTables } from "./make-tables.js";
import { recordedTarget } from "./recorded.js";
import { readTargetRecord, recordLoad, recordTarget, settleTarget } from "./target-record.js";

const CURSORS_A_NODE = 4;
const MAX_CURSORS = 16;
/** A node answers the connections of a client in several threads. */
const CONNECTIONS_A_NODE = 2;

export interface CassandraSinkOptions {
  readonly tuning?: SinkTuning;
  readonly onNotice?: (notice: SinkNotice) => void;
}

/** `cassandra://…`: rows in token order, several parts of it at once, as frames of many rows. */
export class CassandraSink implements Sink {
  readonly url: string;
  readonly layout: Layout;
  readonly order: SinkOrder;
  readonly maxLevel: number;
  readonly inFlightRows = 65_536;
  readonly cursors: number;
  readonly #session: CassandraSession;
  readonly #tuning: SinkTuning;
  readonly #onNotice: (notice: SinkNotice) => void;
  #claim: RunClaim | undefined;
  #hadT0 = false;
  #facts: TargetFacts | undefined;
  #writer: ClusterWriter | undefined;

  private constructor(
    url: string,
    layout: Layout,
    session: CassandraSession,
    { tuning = {}, onNotice = () => undefined }: CassandraSinkOptions,
  ) {
    this.url = url;
    this.layout = layout;
    this.order = layout === "node" ? "node-token" : "tile-token";
    this.maxLevel = layout === "node" ? MAX_CODE_LEVEL : MAX_LEVEL;
    this.cursors = Math.min(MAX_CURSORS, CURSORS_A_NODE * nodesOf(session));
    this.#session = session;
    this.#tuning = tuning;
    this.#onNotice = onNotice;
  }

  /**
   * Connects, and settles the layout: the URL's, else what the target records, else node.
   *
   * @throws OctoloadError CASSANDRA_*, TARGET_LAYOUT, TARGET_SCHEMA; nothing was written
   */
  static async connect(
    url: string,
    target: CassandraTarget,
    options: CassandraSinkOptions = {},
  ): Promise<CassandraSink> {
    const session = await connectCassandra(target, {
      connectionsPerNode: CONNECTIONS_A_NODE,
      onNote: (message) => options.onNotice?.({ kind: "note", message }),
    });
    try {
      const { layout } = await settleTarget(session, { layout: target.layout, frame: null });
      return new CassandraSink(url, layout, session, options);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get isDualWrite(): boolean {
    return this.#hadT0 || this.#writer?.isDualWrite === true;
  }

  recorded(): Promise<RecordedTarget> {
    return recordedTarget(this.#session, this.layout);
  }

  async claim(facts: LoadFacts, earliestUs: bigint): Promise<bigint> {
    const session = this.#session;
    const { layout } = this;
    // Before anything is made: a process with a wrong clock leaves nothing behind.
    await requireServerClock(session.client, systemClock);
    await makeMissingTables(session, this.url, layout, (message) => {
      this.#onNotice({ kind: "note", message });
    });
    await recordTarget(session, layout, facts.frame);
    const { sources } = (await readTargetRecord(session, layout)) ?? { sources: [] };
    // Where there are others the source is recorded when it is known to lie apart from them.
    if (sources.every(({ name }) => name === facts.sourceName)) {
      await recordLoad(session, layout, facts);
    }
    const { runId, baseRunId = runId } = facts;
    this.#claim = await claimRun(session, { runId, baseRunId, layout, nowUs: earliestUs });
    return this.#claim.writeTimeUs;
  }

  async open(facts: TargetFacts): Promise<void> {
    const [session, { layout }] = [this.#session, this];
    requireTables(session.target.keyspace, layout, await inspectKeyspace(session));
    const { runId, writeTimeUs } = facts;
    const claim = this.#claim ?? (await requireCurrentRun(session, { runId, layout }));
    if (claim.writeTimeUs !== writeTimeUs) {
      throw new OctoloadError(
        "RUN_OTHER",
        `${this.url} gave run ${runId} the write time ${claim.writeTimeUs}, not ${writeTimeUs}`,
      );
    }
    this.#facts = facts;
    this.#hadT0 = claim.t0Us !== null;
    const { url } = this;
    const [tuning, onNotice] = [this.#tuning, this.#onNotice];
    this.#writer = await ClusterWriter.open(session, { url, layout, claim, tuning, onNotice });
  }

  async requireApart(topmost: TopmostCells): Promise<void> {
    const { sourceName } = this.#opened().facts;
    const { sources = [] } = (await readTargetRecord(this.#session, this.layout)) ?? {};
    requireNoOverlap(this.url, sources, { name: sourceName, topmost });
  }

  async begin(topmost: TopmostCells): Promise<void> {
    await recordLoad(this.#session, this.layout, this.#opened().facts, topmost);
  }

  async write(batch: SinkBatch): Promise<WriteResult> {
    return { refused: await this.#opened().writer.write(batch) };
  }

  giveUp(reason: unknown): void {
    this.#writer?.giveUp(reason);
  }

  async finish(): Promise<void> {
    await this.#opened().writer.finish();
  }

  async beginPrune(): Promise<TargetPrune> {
    const [session, { layout, order }] = [this.#session, this];
    const { writer, facts } = this.#opened();
    const { runId, sourceName, writeTimeUs: timestampUs } = facts;
    // Before the sources are looked at: a run that adds one is either recorded by now, or refused.
    await beginPrune(session, { runId, layout });
    const { sources = [] } = (await readTargetRecord(session, layout)) ?? {};
    requireOnlySource(this.url, sources, sourceName);
    return new ClusterPrune(session, {
      ...{ layout, order, timestampUs },
      consistency: consistencyCode(session.target.consistency),
      outageTimeoutMs: this.#tuning.outageTimeoutMs ?? DEFAULT_OUTAGE_TIMEOUT_MS,
      requireCurrent: () => writer.requireCurrent(),
      lookNow: () => writer.lookNow(),
    });
  }

  async close(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    try {
      await writer?.close();
    } finally {
      await this.#session.close();
    }
  }

  #opened(): { readonly writer: ClusterWriter; readonly facts: TargetFacts } {
    if (this.#writer !== undefined && this.#facts !== undefined) {
      return { writer: this.#writer, facts: this.#facts };
    }
    throw new OctoloadError("INTERNAL", `${this.url} is used before open() or after close()`);
  }
}

/** Those that requests go to. */
function nodesOf({ client, datacenter }: CassandraSession): number {
  const nodes = client.hosts.values().filter((host) => host.datacenter === datacenter);
  return Math.max(1, nodes.length);
}
