import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { keepTrying } from "../redis/client.js";
import { parseRedisUrl, type RedisTarget } from "../redis/redis-url.js";
import { slotOfKey } from "../redis/resp.js";
import { RedisSession } from "../redis/session.js";
import { type EntryAnswer, EntryLane, type PutOutcome } from "./entry-lane.js";
import { type NodeColumns, putArguments } from "./node-entry.js";

export interface EntryCacheOptions {
  /** How long a read waits for Redis, at least 1 ms. */
  readonly deadlineMs: number;
  /** How long open() waits for a server that does not answer. */
  readonly connectWaitMs: number;
  readonly env?: Environment;
  /** Told what was settled for the user, a line each. */
  readonly onNote?: (text: string) => void;
}

/** What names a row, and its entry. */
export type NodeKey = Pick<NodeColumns, "level" | "mortonCode">;

/** The entries of a cache, one at a time: for whoever answers reads. */
export class EntryCache {
  readonly #target: RedisTarget;
  readonly #options: EntryCacheOptions;
  readonly #lanes = new Map<string, EntryLane>();
  #session: RedisSession | undefined;
  /** By slot; empty where one server has all keys. */
  #owners: readonly (string | undefined)[] = [];
  #isClosed = false;

  private constructor(target: RedisTarget, options: EntryCacheOptions) {
    this.#target = target;
    this.#options = options;
  }

  /**
   * Connects. A cache that is down is none of the errors: it is used as soon as it is there.
   *
   * @throws OctoloadError TARGET_URL, REDIS_* but REDIS_UNREACHABLE and REDIS_LOADING
   */
  static async open(url: string, options: EntryCacheOptions): Promise<EntryCache> {
    const cache = new EntryCache(parseRedisUrl(url), options);
    const first = cache.#tryToConnect();
    // Told where it is known in time; a cache that turns out unfit later is as good as down.
    first
      .then((isConnected) => (isConnected ? undefined : cache.#connectLater()))
      .catch(() => undefined);
    await Promise.race([first, sleep(options.connectWaitMs, undefined, { ref: false })]);
    return cache;
  }

  keyOf({ level, mortonCode }: NodeKey): string {
    return `${this.#target.prefix}${level}:${mortonCode}`;
  }

  /** Whether a node of the cache can be asked now. */
  get isUp(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.isUsable);
  }

  /** Whether it was found in order once. */
  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** Waits until all nodes can be asked, for a while. */
  async untilReady(timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    const isReady = () =>
      [...this.#lanes.values()].every((lane) => lane.isUsable && lane.isPrepared);
    while (!isReady() && performance.now() < endMs) await sleep(2);
  }

  /** It never rejects. */
  async read(key: string): Promise<EntryAnswer> {
    return (await this.#laneOf(key)?.read(key)) ?? { kind: "unavailable" };
  }

  /** Puts an entry unless a newer one is there. It never rejects. */
  async put(key: string, columns: NodeColumns): Promise<PutOutcome> {
    const args = putArguments(columns, this.#target.ttlSeconds);
    return (await this.#laneOf(key)?.put(key, columns, args)) ?? "failed";
  }

  /** Notes for some seconds that a row is not there, unless something is. It never rejects. */
  async markAbsent(key: string, ttlSeconds: number): Promise<PutOutcome> {
    const times = { ttlSeconds, deletedUs: null };
    return (await this.#laneOf(key)?.markAbsent(key, times)) ?? "failed";
  }

  /** Notes that a row was deleted, unless there is something newer. It never rejects. */
  async markDeleted(key: string, deletedUs: bigint): Promise<PutOutcome> {
    const times = { ttlSeconds: this.#target.ttlSeconds, deletedUs };
    return (await this.#laneOf(key)?.markAbsent(key, times)) ?? "failed";
  }

  close(): void {
    this.#isClosed = true;
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    this.#session?.close();
  }

  /** @returns false: it is down */
  async #tryToConnect(): Promise<boolean> {
    const { env, onNote } = this.#options;
    try {
      const session = await RedisSession.connect(this.#target, {
        ...(env === undefined ? {} : { env }),
        ...(onNote === undefined ? {} : { onNote }),
      });
      this.#use(session);
      return true;
    } catch (error) {
      if (isOutage(error)) return false;
      throw error;
    }
  }

  async #connectLater(): Promise<void> {
    this.#options.onNote?.("the hot cache is down: reads go to the target until it is back");
    for (let attempt = 1; !this.#isClosed; attempt += 1) {
      await sleep(keepTrying(attempt) ?? 0, undefined, { ref: false });
      if (this.#isClosed) return;
      try {
        if (await this.#tryToConnect()) return;
      } catch (error) {
        this.#options.onNote?.(`the hot cache is not used: ${String(error)}`);
        return;
      }
    }
  }

  #use(session: RedisSession): void {
    if (this.#isClosed) {
      session.close();
      return;
    }
    this.#session = session;
    const { topology } = session;
    const load = () => {
      this.#owners = topology?.owners() ?? [];
      const masters = session.masters();
      for (const node of masters) this.#openLane(session, node);
      for (const [node, lane] of this.#lanes) {
        if (masters.includes(node)) continue;
        lane.close();
        this.#lanes.delete(node);
      }
    };
    topology?.onRefresh(load);
    load();
  }

  #openLane(session: RedisSession, node: string): void {
    if (this.#lanes.has(node) || this.#isClosed) return;
    const { form } = session;
    const lane = new EntryLane(session.ownClient(node), {
      form,
      ttlSeconds: this.#target.ttlSeconds,
      deadlineMs: this.#options.deadlineMs,
      prepare: (client) => session.prepare(client, node),
      onMoved: () => session.topology?.refresh(),
    });
    this.#lanes.set(node, lane);
  }

  #laneOf(key: string): EntryLane | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    const owner = this.#owners.length === 0 ? session.masters()[0] : this.#owners[slotOfKey(key)];
    return owner === undefined ? undefined : this.#lanes.get(owner);
  }
}

function isOutage(error: unknown): boolean {
  if (!(error instanceof OctoloadError)) return false;
  return error.code === "REDIS_UNREACHABLE" || error.code === "REDIS_LOADING";
}
