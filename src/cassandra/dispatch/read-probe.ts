import { type Client, types } from "cassandra-driver";
import { quoteName } from "../cql-text.js";
import { rowTables } from "../tables.js";
import type { ReadProtection } from "./dispatch-options.js";
import { firstKeyOf, keyColumns } from "./frame-key.js";
import { LatencyHistogram } from "./latency-histogram.js";
import type { NodeLane } from "./node-lane.js";
import { ReadControl } from "./read-control.js";

/** Reads go out at their time, whatever became of the ones before: a slow server hides nothing. */
const INTERVAL_MS = 20;
/** Above so many unanswered ones another read is not sent and counts as failed. */
const MAX_UNDER_WAY = 50;
const MIN_TIMEOUT_MS = 1_000;
const ROTATION_READS = 250;
const MAX_KEYS = 1_024;
const MIN_READS = 50;

type Key = readonly (bigint | number)[];

/**
 * Reads rows as a live service would, one at a time by key, and lets the load have no more of the
 * nodes than those reads can bear. The time that an answer waits for this process counts too.
 */
export class ReadProbe {
  readonly #client: Client;
  readonly #protection: ReadProtection;
  readonly #lanes: ReadonlyMap<string, NodeLane>;
  readonly #onShares: () => void;
  readonly #control: ReadControl;
  readonly #latency = new LatencyHistogram();
  readonly #query: string;
  readonly #timer: NodeJS.Timeout;
  /** A sample of the keys that were acknowledged. */
  readonly #keys: Key[] = [];
  #wantsKey = true;
  #reads = 0;
  #underWay = 0;

  /** @param onShares called when the lanes' shares have changed */
  constructor(
    client: Client,
    protection: ReadProtection,
    lanes: ReadonlyMap<string, NodeLane>,
    onShares: () => void,
  ) {
    [this.#client, this.#protection, this.#lanes] = [client, protection, lanes];
    this.#onShares = onShares;
    this.#control = new ReadControl(protection.maxP99Ms);
    this.#query = readQuery(protection);
    this.#timer = setInterval(() => this.#next(), INTERVAL_MS);
    this.#setShares();
  }

  /** Of the last 5 to 10 seconds; null before there were enough reads. */
  get p99Ms(): number | null {
    return this.#latency.count < MIN_READS ? null : this.#latency.quantileMs(0.99);
  }

  /** Takes a key from an acknowledged frame, now and then. */
  noteFrame(frame: Uint8Array): void {
    if (!this.#wantsKey) return;
    this.#wantsKey = false;
    const key = firstKeyOf(frame, this.#protection.layout);
    if (this.#keys.length < MAX_KEYS) this.#keys.push(key);
    else this.#keys[Math.floor(Math.random() * MAX_KEYS)] = key;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #next(): void {
    this.#wantsKey = true;
    const key = this.#keys[Math.floor(Math.random() * this.#keys.length)];
    if (key === undefined) return;
    if (this.#underWay >= MAX_UNDER_WAY) this.#record(Number.POSITIVE_INFINITY);
    else this.#read(key);
  }

  #read(key: Key): void {
    const startMs = performance.now();
    const readTimeout = Math.max(MIN_TIMEOUT_MS, 10 * this.#protection.maxP99Ms);
    const consistency = types.consistencies.localOne;
    this.#underWay += 1;
    this.#client
      .execute(this.#query, [...key], { prepare: true, consistency, readTimeout })
      .then(
        () => performance.now() - startMs,
        () => Number.POSITIVE_INFINITY,
      )
      .then((latencyMs) => {
        this.#underWay -= 1;
        this.#record(latencyMs);
      })
      // Whoever is told of the shares may throw; that is no matter of this read's.
      .catch(() => undefined);
  }

  #record(latencyMs: number): void {
    this.#latency.record(latencyMs);
    this.#reads += 1;
    if (this.#reads % ROTATION_READS === 0) this.#latency.rotate();
    const hasChanged = this.#control.record(latencyMs, performance.now());
    if (this.#control.share === 1 && !hasChanged) return;
    this.#setShares();
    if (hasChanged) this.#onShares();
  }

  /** Also of nodes that have joined meanwhile. */
  #setShares(): void {
    for (const lane of this.#lanes.values()) lane.setShare("protect-p99", this.#control.share);
  }
}

function readQuery({ keyspace, layout }: ReadProtection): string {
  const key = keyColumns(layout).map(({ name }) => `${name} = ?`);
  return `SELECT * FROM ${quoteName(keyspace)}.${rowTables[layout].name} WHERE ${key.join(" AND ")}`;
}
