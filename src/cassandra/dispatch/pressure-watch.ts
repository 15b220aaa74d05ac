import { type Client, errors } from "cassandra-driver";
import { DEFAULT_HINT_WINDOW_MS } from "./node-downtime.js";
import type { NodeLane } from "./node-lane.js";

const POLL_INTERVAL_MS = 5_000;
const TIMEOUT_MS = 2_000;
/** Compactions that may wait on a node; with more, its window shrinks in proportion. */
const FREE_COMPACTIONS = 32;
const MIN_COMPACTION_SHARE = 0.1;
const DISK_SHARE = 0.25;
/** After the last warning. */
const DISK_REST_MS = 60_000;

/** What a node's windows are worth with so many compactions waiting, in (0, 1]. */
export function compactionShare(pending: number): number {
  return Math.max(MIN_COMPACTION_SHARE, Math.min(1, FREE_COMPACTIONS / Math.max(1, pending)));
}

/**
 * Looks what the nodes say of themselves in their virtual tables (Cassandra 4.0 and later), and
 * slows down for those that fall behind. A node that does not let itself be read is left alone.
 */
export class PressureWatch {
  readonly #client: Client;
  readonly #lanes: ReadonlyMap<string, NodeLane>;
  readonly #onShares: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #diskWarnedMs = new Map<NodeLane, number>();
  readonly #unreadable = new WeakSet<NodeLane>();
  #isPolling = false;

  /** @param onShares called when the lanes' shares may have changed */
  constructor(client: Client, lanes: ReadonlyMap<string, NodeLane>, onShares: () => void) {
    [this.#client, this.#lanes, this.#onShares] = [client, lanes, onShares];
    this.#timer = setInterval(() => {
      this.#poll().catch(() => undefined);
    }, POLL_INTERVAL_MS);
  }

  /** An acknowledgement came with a guardrail's warning that disks fill up. */
  noteDiskWarning(lane: NodeLane): void {
    this.#diskWarnedMs.set(lane, performance.now());
    lane.setShare("disk", DISK_SHARE);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    const lanes = [...this.#lanes.values()].filter(({ isDown }) => !isDown);
    await Promise.all(lanes.map((lane) => this.#look(lane)));
    this.#isPolling = false;
    for (const [lane, warnedMs] of this.#diskWarnedMs) {
      if (performance.now() - warnedMs < DISK_REST_MS) continue;
      this.#diskWarnedMs.delete(lane);
      lane.setShare("disk", 1);
    }
    this.#onShares();
  }

  async #look(lane: NodeLane): Promise<void> {
    if (this.#unreadable.has(lane)) return;
    try {
      const pending = await readPendingCompactions(this.#client, lane.carrier.node);
      lane.setShare("compaction", compactionShare(pending));
    } catch (error) {
      // What was known of it is out of date, whether it is slow or does not let itself be read.
      lane.setShare("compaction", 1);
      if (error instanceof errors.ResponseError) this.#unreadable.add(lane);
    }
  }
}

/** Virtual tables are each node's own: the question has to go to that node. */
async function readPendingCompactions(client: Client, node: string): Promise<number> {
  const host = client.hosts.get(node);
  if (host === undefined) return 0;
  const { rows } = await client.execute(
    "SELECT pending_tasks FROM system_views.thread_pools WHERE name = 'CompactionExecutor'",
    [],
    { host, readTimeout: TIMEOUT_MS },
  );
  return Number(rows[0]?.pending_tasks ?? 0);
}

/**
 * For how long the cluster keeps hints for a node that is away, milliseconds. A setting is text
 * of its own kind in each version: max_hint_window_in_ms until 4.0, max_hint_window (as "3h") since.
 */
export async function readHintWindow(client: Client): Promise<number> {
  try {
    const { rows } = await client.execute(
      "SELECT value FROM system_views.settings WHERE name IN ('max_hint_window', 'max_hint_window_in_ms')",
      [],
      { readTimeout: TIMEOUT_MS },
    );
    return parseHintWindow(rows.map(({ value }) => String(value)));
  } catch {
    return DEFAULT_HINT_WINDOW_MS;
  }
}

const unitsMs: Readonly<Record<string, number>> = {
  "": 1,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** @param values of the settings there are; the default where none can be read */
export function parseHintWindow(values: readonly string[]): number {
  for (const value of values) {
    const match = /^(\d+)(ms|s|m|h|d)?$/.exec(value);
    const unitMs = unitsMs[match?.[2] ?? ""];
    if (match !== null && unitMs !== undefined) return Number(match[1]) * unitMs;
  }
  return DEFAULT_HINT_WINDOW_MS;
}
