import { consistencyCode } from "../../cassandra/consistency.js";
import { insertRowCql } from "../../cassandra/frames.js";
import { RingView } from "../../cassandra/ring.js";
import type { RunClaim } from "../../cassandra/run-claim.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { prepareEverywhere } from "../../cassandra/wire/prepared-statements.js";
import type { Layout, RefusedRow } from "../sink.js";
import type { SinkBatch } from "../sink-batch.js";
import type { SinkNotice } from "../sink-notices.js";
import type { SinkTuning } from "../sink-tuning.js";
import { DispatchSender } from "./dispatch-sender.js";
import { AdaptiveLimits, readFrameLimits } from "./frame-limits.js";
import type { FrameSender } from "./frame-sender.js";
import { type FrameFacts, FrameWriter } from "./frame-writer.js";
import { PlainSender } from "./plain-sender.js";
import { RunWatch } from "./run-watch.js";

const RING_INTERVAL_MS = 1_000;
export const DEFAULT_OUTAGE_TIMEOUT_MS = 600_000;
/** Of the plain driver, which has no window that adapts. */
const PLAIN_REQUESTS = 128;
const ID_BYTES = 16;

export interface ClusterWriterOptions {
  /** Of the target, for notices. */
  readonly url: string;
  readonly layout: Layout;
  readonly claim: RunClaim;
  readonly tuning: SinkTuning;
  readonly onNotice: (notice: SinkNotice) => void;
}

/** What is open while a run writes rows: the way to the nodes, who owns what, and the run's claim. */
export class ClusterWriter {
  readonly #writer: FrameWriter;
  readonly #sender: FrameSender;
  readonly #watch: RunWatch;
  readonly #ringTimer: NodeJS.Timeout;
  readonly #onNotice: ClusterWriterOptions["onNotice"];

  private constructor(
    writer: FrameWriter,
    sender: FrameSender,
    view: RingView,
    watch: RunWatch,
    onNotice: ClusterWriterOptions["onNotice"],
  ) {
    this.#writer = writer;
    this.#sender = sender;
    this.#watch = watch;
    this.#onNotice = onNotice;
    this.#ringTimer = setInterval(() => {
      if (view.refresh()) sender.useRing(view.current);
    }, RING_INTERVAL_MS);
    this.#ringTimer.unref();
  }

  /** @throws OctoloadError CASSANDRA_* */
  static async open(
    session: CassandraSession,
    options: ClusterWriterOptions,
  ): Promise<ClusterWriter> {
    const { layout, claim, onNotice } = options;
    const { keyspace, consistency } = session.target;
    const view = new RingView(session.client, keyspace, session.datacenter);
    const limits = new AdaptiveLimits(await readFrameLimits(session, layout));
    const facts = {
      layout,
      consistency: consistencyCode(consistency),
      timestampUs: claim.writeTimeUs,
      // Nothing older can lie beneath a first run's row.
      nullAs: claim.isFirst ? "unset" : "null",
    } as const;
    const { sender, preparedId } = await openSender(session, view, facts, limits, options);
    const frameFacts = { ...facts, preparedId };
    const writer = new FrameWriter(
      sender,
      frameFacts,
      () => limits.current,
      () => view.current,
    );
    const watch = new RunWatch(session, claim.runId, layout);
    return new ClusterWriter(writer, sender, view, watch, onNotice);
  }

  /** @returns the rows that the cluster refuses. @throws OctoloadError what ends the run */
  async write(batch: SinkBatch): Promise<RefusedRow[]> {
    this.#watch.requireCurrent();
    return this.#writer.write(batch);
  }

  /** Whether T0 is set, as it was known a moment ago. */
  get isDualWrite(): boolean {
    return this.#watch.isDualWrite;
  }

  /** What is not acknowledged rejects with `reason`, and all that is written from now on. */
  giveUp(reason: unknown): void {
    this.#sender.giveUp(reason);
  }

  /** @throws OctoloadError RUN_SUPERSEDED, RUN_OTHER, STATE_DAMAGED */
  async finish(): Promise<void> {
    for (const notice of await this.#sender.finish()) this.#onNotice(notice);
    await this.#watch.lookNow();
  }

  /** Whether the run may write, as it was known a moment ago. @throws as finish() */
  requireCurrent(): void {
    this.#watch.requireCurrent();
  }

  /** As requireCurrent(), asking the cluster. */
  lookNow(): Promise<void> {
    return this.#watch.lookNow();
  }

  async close(): Promise<void> {
    clearInterval(this.#ringTimer);
    this.#watch.close();
    await this.#sender.close();
  }
}

async function openSender(
  session: CassandraSession,
  view: RingView,
  facts: Omit<FrameFacts, "preparedId">,
  limits: AdaptiveLimits,
  { url, layout, tuning, onNotice }: ClusterWriterOptions,
): Promise<{ sender: FrameSender; preparedId: Uint8Array }> {
  const { keyspace } = session.target;
  const { maxInFlightRequests, protectP99Ms } = tuning;
  const outageTimeoutMs = tuning.outageTimeoutMs ?? DEFAULT_OUTAGE_TIMEOUT_MS;
  if (tuning.plainDriver === true) {
    const requests = maxInFlightRequests ?? PLAIN_REQUESTS;
    const options = { ...facts, outageTimeoutMs, maxInFlightRequests: requests };
    // Frames are cut and not sent, so that any id will do.
    return {
      sender: new PlainSender(session, options),
      preparedId: new Uint8Array(ID_BYTES),
    };
  }
  const statement = await prepareEverywhere(session.client, insertRowCql(keyspace, layout));
  const options = {
    ring: view.current,
    statements: [statement],
    keyspace,
    outageTimeoutMs,
    ...(maxInFlightRequests === undefined ? {} : { maxInFlightRequests }),
    ...(protectP99Ms === undefined
      ? {}
      : { protect: { maxP99Ms: protectP99Ms, keyspace, layout } }),
  };
  const sender = await DispatchSender.open(session, url, options, limits, onNotice);
  return { sender, preparedId: statement.id };
}
