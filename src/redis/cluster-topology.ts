import type { Cluster } from "ioredis";

/** Between two refreshes that redirections ask for. */
const REFRESH_INTERVAL_MS = 200;

/** Which master has which slot, as ioredis keeps it. */
export class ClusterTopology {
  readonly #cluster: Cluster;
  readonly #listeners = new Set<() => void>();
  #masters: readonly string[] = [];
  #lastFailure: unknown;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param cluster not connected yet; it is the topology's from now on */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    // What is told of single nodes says more than what comes of it.
    cluster.on("node error", (error: unknown) => {
      this.#lastFailure = error;
    });
    cluster.on("error", () => undefined);
    cluster.on("refresh", () => {
      this.#masters = mastersOf(this.owners());
      for (const listener of this.#listeners) listener();
    });
  }

  /** @throws what ioredis throws, or the error of the node that was asked last */
  async open(): Promise<void> {
    try {
      await this.#cluster.connect();
    } catch (error) {
      throw this.#lastFailure ?? error;
    }
  }

  /** The masters that have slots, as `host:port`. */
  masters(): readonly string[] {
    return this.#masters;
  }

  /** The master of each slot; undefined: none, or not known. */
  owners(): readonly (string | undefined)[] {
    return this.#cluster.slots.map((nodes) => nodes?.[0]);
  }

  /** Asks the cluster again, soon and not too often: onRefresh() tells when it has answered. */
  refresh(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    const delayMs = Math.max(0, this.#refreshedMs + REFRESH_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#refreshedMs = performance.now();
      this.#cluster.refreshSlotsCache(() => undefined);
    }, delayMs);
  }

  onRefresh(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#cluster.disconnect();
  }
}

function mastersOf(owners: readonly (string | undefined)[]): string[] {
  return [...new Set(owners)].filter((name) => name !== undefined).sort();
}
