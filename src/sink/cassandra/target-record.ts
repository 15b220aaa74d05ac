import { setTimeout as sleep } from "node:timers/promises";
import { hasMetaTable, requireTables } from "../../cassandra/fitness.js";
import { inspectKeyspace } from "../../cassandra/inspect.js";
import { MetaStore } from "../../cassandra/meta.js";
import { requireWhole } from "../../cassandra/restoring.js";
import { SCHEMA_VERSION } from "../../cassandra/schema.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { type Frame, frames } from "../../encoding/frame.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import { requireAgreement, requireFrame, requireLayout } from "../agreement.js";
import type { Layout, LoadFacts } from "../sink.js";
import {
  columnSetEntries,
  parseMeta,
  SOURCE_KEY,
  sourceEntry,
  sourceNumber,
  type TargetMeta,
  targetEntries,
} from "../target-meta.js";
import { DEFAULT_LAYOUT } from "../target-url.js";
import { requireNoOverlap, type TopmostCells } from "../topmost-cells.js";

/** Other loads that begin at the same moment; each round one of them is through. */
const ROUNDS = 20;
const PAUSE_MS = 50;

/**
 * Layout and frame that a target has, or will have: what it records, else what is wanted, else the
 * defaults (node, centred). The keyspace need not be there.
 *
 * @param wanted null where the user did not say
 * @throws OctoloadError TARGET_LAYOUT or TARGET_FRAME where the target is another one than wanted;
 *   TARGET_SCHEMA, CASSANDRA_*
 */
export async function settleTarget(
  session: CassandraSession,
  wanted: { readonly layout: Layout | null; readonly frame: Frame | null },
): Promise<{ layout: Layout; frame: Frame }> {
  const { keyspace } = session.target;
  const isRecorded = hasMetaTable(keyspace, await inspectKeyspace(session));
  const entries = isRecorded ? await new MetaStore(session).readAll() : [];
  const defaults = targetEntries(
    wanted.layout ?? DEFAULT_LAYOUT,
    wanted.frame ?? frames.centred,
    SCHEMA_VERSION,
  );
  const meta = parseMeta(keyspace, new Map([...defaults, ...entries]), SCHEMA_VERSION);
  if (wanted.layout !== null) requireLayout(keyspace, meta.layout, wanted.layout);
  if (wanted.frame !== null) requireFrame(keyspace, meta, { frame: wanted.frame });
  return { layout: meta.layout, frame: meta.frame };
}

/**
 * Records layout and frame of a target, or finds that they are these. Of several processes the first
 * one decides: they write the same entries in the same order, and stop at one that is another's.
 *
 * @throws OctoloadError TARGET_LAYOUT, TARGET_FRAME, TARGET_SCHEMA, CASSANDRA_*
 */
export async function recordTarget(
  session: CassandraSession,
  layout: Layout,
  frame: Frame,
): Promise<void> {
  const store = new MetaStore(session);
  await settleTarget(session, { layout, frame });
  for (const [key, value] of targetEntries(layout, frame, SCHEMA_VERSION)) {
    const outcome = await store.insert(key, value);
    if (outcome.applied || outcome.value === value) continue;
    await settleTarget(session, { layout, frame });
  }
}

/**
 * What a target that is to be read records of itself.
 *
 * @param wanted null where the user did not say
 * @throws OctoloadError what settleTarget() throws; TARGET_MISSING where nothing was loaded yet,
 *   TARGET_RESTORING where a part only is there
 */
export async function requireTargetRecord(
  session: CassandraSession,
  wanted: { readonly layout: Layout | null; readonly frame: Frame | null },
): Promise<TargetMeta> {
  const { layout } = await settleTarget(session, wanted);
  const meta = await readTargetRecord(session, layout);
  if (meta === undefined) {
    const { keyspace } = session.target;
    throw new OctoloadError("TARGET_MISSING", `nothing was loaded into ${keyspace} yet`);
  }
  await requireWhole(session);
  return meta;
}

/**
 * What a target records of itself; undefined: its tables are there, but nothing was recorded.
 *
 * @throws OctoloadError CASSANDRA_*, TARGET_MISSING, TARGET_FOREIGN, TARGET_SCHEMA
 */
export async function readTargetRecord(
  session: CassandraSession,
  layout: Layout,
): Promise<TargetMeta | undefined> {
  const { keyspace } = session.target;
  requireTables(keyspace, layout, await inspectKeyspace(session));
  const entries = await new MetaStore(session).readAll();
  return entries.size === 0 ? undefined : parseMeta(keyspace, entries, SCHEMA_VERSION);
}

/**
 * Compares a load with what its target records, and records the load's source and column sets:
 * before its first row, and so that of two loads that do not go together one is refused.
 *
 * @param topmost left out: not known yet. Else it must lie apart from other sources', and is
 *   compared once more when it is recorded, with those that came meanwhile.
 * @throws OctoloadError TARGET_*, CASSANDRA_*; no row was written
 */
export async function recordLoad(
  session: CassandraSession,
  layout: Layout,
  facts: LoadFacts,
  topmost?: TopmostCells,
): Promise<void> {
  const { keyspace } = session.target;
  requireTables(keyspace, layout, await inspectKeyspace(session));
  await recordTarget(session, layout, facts.frame);
  const store = new MetaStore(session);
  for (let round = 0; round < ROUNDS; round++) {
    const entries = await store.readAll();
    const meta = parseMeta(keyspace, entries, SCHEMA_VERSION);
    requireAgreement(keyspace, meta, layout, facts);
    requireApart(keyspace, meta, facts, topmost);
    await recordColumnSets(store, keyspace, entries, facts);
    const change = sourceChange(entries, meta, facts, topmost);
    if (change.before === change.value) return;
    if (await writeSource(store, change)) {
      // Others may have written theirs at the same moment: of two, at least one sees the other's.
      const after = parseMeta(keyspace, await store.readAll(), SCHEMA_VERSION);
      requireApart(keyspace, after, facts, topmost);
      return;
    }
    await sleep(PAUSE_MS * (1 + Math.random()));
  }
  throw new OctoloadError("TARGET_LOCKED", `${keyspace}: other loads keep recording their sources`);
}

function requireApart(
  keyspace: string,
  { sources }: TargetMeta,
  { sourceName }: LoadFacts,
  topmost: TopmostCells | undefined,
): void {
  if (topmost !== undefined) requireNoOverlap(keyspace, sources, { name: sourceName, topmost });
}

interface SourceChange {
  readonly key: string;
  /** undefined: a new source. */
  readonly before: string | undefined;
  readonly value: string;
}

/** A source's key is its number, not its name, so that of two new ones only one gets it. */
function sourceChange(
  entries: ReadonlyMap<string, string>,
  meta: TargetMeta,
  facts: LoadFacts,
  topmost: TopmostCells | undefined,
): SourceChange {
  const key = `${SOURCE_KEY}${sourceNumber(meta, facts.sourceName)}`;
  const [, value] = sourceEntry(meta, facts, topmost);
  return { key, before: entries.get(key), value };
}

/** False where another load was faster: what it wrote has to be compared with first. */
async function writeSource(
  store: MetaStore,
  { key, before, value }: SourceChange,
): Promise<boolean> {
  const outcome =
    before === undefined ? await store.insert(key, value) : await store.replace(key, before, value);
  return outcome.applied || outcome.value === value;
}

async function recordColumnSets(
  store: MetaStore,
  keyspace: string,
  entries: ReadonlyMap<string, string>,
  facts: LoadFacts,
): Promise<void> {
  for (const [key, value] of columnSetEntries(facts)) {
    if (entries.has(key)) continue;
    const outcome = await store.insert(key, value);
    if (outcome.applied || outcome.value === value) continue;
    throw new OctoloadError("TARGET_COLUMNS", `${keyspace} got another ${key} just now`);
  }
}
