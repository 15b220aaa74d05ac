import { setTimeout as sleep } from "node:timers/promises";
import { tileCellOf } from "../../encoding/cell.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import { parseRedisUrl } from "../../redis/redis-url.js";
import { RedisSession } from "../../redis/session.js";
import { forEachAtOnce } from "../checks/at-once.js";
import { type CheckContext, READS_AT_ONCE, readCell } from "../checks/check-context.js";
import type { CheckDraft } from "../checks/check-draft.js";
import { plainFinding } from "../checks/plain-finding.js";
import { interrupted } from "../source-side.js";
import {
  type CachedEntry,
  readEntry,
  type ScanEntriesOptions,
  scanEntries,
} from "./cached-entries.js";
import { compareEntry, type EntryVerdict } from "./compare-entry.js";

export const DEFAULT_CACHE_RATE = 5000;
const DEFAULT_SETTLE_MS = 1000;
/** Foreign keys are named up to so many. */
const NAMED_KEYS = 5;

/**
 * Whether each entry of a hot cache agrees with the target, or is newer, and expires. An entry that
 * does not is read again after a while, and its row once more: either may just have been written.
 *
 * @throws OctoloadError TARGET_URL, REDIS_* of a cache that nobody gets into, VALIDATION_INTERRUPTED
 */
export async function checkCache(
  context: CheckContext,
  draft: CheckDraft,
  url: string,
): Promise<void> {
  const { options, signal, meter } = context;
  const target = parseRedisUrl(url);
  const env = options.env === undefined ? {} : { env: options.env };
  meter.enter("cache", null);
  let session: RedisSession | undefined;
  try {
    session = await RedisSession.connect(target, env);
    const keysPerSecond = options.cacheRate ?? DEFAULT_CACHE_RATE;
    const scan = { session, prefix: target.prefix, keysPerSecond, signal };
    await new CacheCheck(context, draft, scan).run();
  } catch (error) {
    if (signal.aborted) throw interrupted();
    if (!(error instanceof OctoloadError) || !isOutage(error)) throw error;
    draft.addUnread("the cache's keys that were not read", error);
  } finally {
    session?.close();
  }
}

class CacheCheck {
  readonly #context: CheckContext;
  readonly #draft: CheckDraft;
  readonly #scan: ScanEntriesOptions;
  readonly #counts = { agree: 0, newer: 0, gone: 0, foreign: 0 };
  /** SCAN may give a key twice. */
  readonly #found = new Set<string>();

  constructor(context: CheckContext, draft: CheckDraft, scan: ScanEntriesOptions) {
    this.#context = context;
    this.#draft = draft;
    this.#scan = scan;
  }

  async run(): Promise<void> {
    try {
      for await (const page of scanEntries(this.#scan)) {
        await this.#comparePage(page);
        this.#context.meter.rows(this.#draft.checked);
      }
    } finally {
      this.#draft.figures = { ...this.#counts };
    }
  }

  async #comparePage(page: readonly CachedEntry[]): Promise<void> {
    const doubtful: CachedEntry[] = [];
    await forEachAtOnce(page, READS_AT_ONCE, async (entry) => {
      if (entry.cell === undefined) {
        this.#addForeign(entry.key);
        return;
      }
      const verdict = await this.#compare(entry);
      if (verdict?.kind === "wrong") doubtful.push(entry);
      else if (verdict !== undefined) this.#count(verdict.kind);
    });
    if (doubtful.length === 0) return;
    const { options, signal } = this.#context;
    const ms = options.settleMs ?? DEFAULT_SETTLE_MS;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    await forEachAtOnce(doubtful, READS_AT_ONCE, async ({ node, key }) => {
      const entry = await readEntry(this.#scan, node, key);
      const verdict = await this.#compare(entry);
      if (verdict?.kind === "wrong") this.#add(entry, verdict);
      else if (verdict !== undefined) this.#count(verdict.kind);
    });
  }

  /** undefined: the target could not be read. */
  async #compare(entry: CachedEntry): Promise<EntryVerdict | undefined> {
    if (entry.cell === undefined) return undefined;
    const { level, code } = entry.cell;
    const read = await readCell(this.#context, this.#draft, { level, ...tileCellOf(code) });
    if (read.kind === "unread") return undefined;
    return compareEntry(entry, read.kind === "there" ? read.cell : undefined);
  }

  #count(kind: "agrees" | "newer" | "gone"): void {
    this.#counts[kind === "agrees" ? "agree" : kind] += 1;
    if (kind !== "gone") this.#draft.checked += 1;
  }

  #add({ key, cell, wtsUs }: CachedEntry, verdict: Extract<EntryVerdict, { kind: "wrong" }>): void {
    const name = key.toString("latin1");
    if (cell === undefined || this.#found.has(name)) return;
    this.#found.add(name);
    this.#draft.checked += 1;
    this.#draft.found(verdict.class);
    const note = verdict.note ?? "not what the target has, and not newer";
    this.#context.findings.addFinding(null, {
      ...plainFinding(verdict.class, { level: cell.level, ...tileCellOf(cell.code) }, note),
      columns: verdict.columns,
      writeTimeUs: wtsUs === null ? null : String(wtsUs),
    });
  }

  #addForeign(key: Buffer): void {
    this.#counts.foreign += 1;
    if (this.#counts.foreign > NAMED_KEYS) return;
    const name = JSON.stringify(key.toString("utf8").slice(0, 200));
    this.#draft.notes.push(`the key ${name} has the prefix and names no cell`);
  }
}

function isOutage({ code }: OctoloadError): boolean {
  return code === "REDIS_UNREACHABLE" || code === "REDIS_LOADING" || code === "REDIS_REFUSED";
}
