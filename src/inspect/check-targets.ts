import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { loadFacts, type RunDescription } from "../backfill/describe-run.js";
import { freeBytes } from "../backfill/disk-room.js";
import { columnSetsFor } from "../backfill/set-up.js";
import { type ClaimTarget, claimWriteTime } from "../backfill/write-time.js";
import {
  claimWriteTime as claimForTable,
  noTableRuns,
  noWriteTimes,
} from "../cassandra/write-time.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { DerivedSummary } from "../load/derived-summary.js";
import type { LoadSettings } from "../load/load-settings.js";
import { requireAgreement } from "../sink/agreement.js";
import { createSink } from "../sink/create-sink.js";
import { nothingRecorded, type RecordedTarget } from "../sink/recorded-target.js";
import type { Layout, LoadFacts, SinkOrder } from "../sink/sink.js";
import { DEFAULT_LAYOUT, parseTargetUrl, type TargetUrl } from "../sink/target-url.js";
import { requireNoOverlap } from "../sink/topmost-cells.js";
import type { Source } from "../source/source.js";
import type { CassandraFacts } from "./cassandra-facts.js";
import type { TargetFindings } from "./target-findings.js";

/** A target that was asked what it records. */
export interface AskedTarget {
  readonly url: string;
  readonly parsed: TargetUrl;
  readonly layout: Layout;
  readonly order: SinkOrder;
  readonly recorded: RecordedTarget;
  readonly cassandra: CassandraFacts | null;
  readonly refusals: readonly OctoloadError[];
}

/** The run that a load would begin. */
export interface PlannedRun {
  readonly source: Source;
  readonly settings: Pick<LoadSettings, "frame">;
  readonly run: Pick<RunDescription, "source" | "runId" | "addSource" | "redrive">;
}

/** Asks a target as a load does when it begins, and its servers more. Nothing is written. */
export async function askTarget(url: string): Promise<AskedTarget> {
  const parsed = parseTargetUrl(url);
  const layout = parsed.layout ?? DEFAULT_LAYOUT;
  const order: SinkOrder = parsed.kind === "cassandra" ? `${layout}-token` : layout;
  const unknown = { url, parsed, layout, order, recorded: nothingRecorded, cassandra: null };
  const [sink, refusal] = await attempt(() => createSink(url));
  if (sink === undefined) return { ...unknown, refusals: [refusal] };
  try {
    const [recorded, fault] = await attempt(() => sink.recorded());
    const { servers, refusals } = await askServers(parsed, sink.layout);
    return {
      ...unknown,
      layout: sink.layout,
      order: sink.order,
      recorded: recorded ?? nothingRecorded,
      cassandra: servers,
      refusals: recorded === undefined ? [fault, ...refusals] : refusals,
    };
  } finally {
    await sink.close().catch(() => undefined);
  }
}

async function askServers(
  parsed: TargetUrl,
  layout: Layout,
): Promise<{ readonly servers: CassandraFacts | null; readonly refusals: OctoloadError[] }> {
  if (parsed.kind !== "cassandra") return { servers: null, refusals: [] };
  // The driver is large: loaded only where it is used.
  const { readCassandraFacts } = await import("./cassandra-facts.js");
  const [servers, fault] = await attempt(() => readCassandraFacts(parsed, layout));
  return servers === undefined ? { servers: null, refusals: [fault] } : { servers, refusals: [] };
}

/**
 * Compares each target with the load as a load does.
 *
 * @param topmost where the source lies; undefined: it could not be read
 */
export async function compareTargets(
  asked: readonly AskedTarget[],
  { source, settings, run }: PlannedRun,
  topmost: DerivedSummary["topmost"] | undefined,
): Promise<TargetFindings[]> {
  const sets = columnSetsFor(source, asked);
  const facts = loadFacts(run, sets, { settings });
  const findings = await Promise.all(asked.map((target) => compare(target, facts, topmost)));
  const [, differ] = await attempt(() => claimWriteTime(asked.map(claimTarget), facts));
  if (differ?.code !== "WRITE_TIMES_DIFFER") return findings;
  const refused = (one: TargetFindings) => ({ ...one, refusals: [...one.refusals, differ] });
  return findings.map((one) => (one.cassandra === null ? one : refused(one)));
}

/** Claims as a cluster would, by the same rule, but nothing of it is recorded. */
function claimTarget({ url, cassandra, recorded }: AskedTarget): ClaimTarget {
  if (cassandra === null) return { sink: { url }, recorded };
  const { isTableEmpty, writeTimes } = cassandra;
  const claim = async (_facts: LoadFacts, nowUs: bigint) => {
    const table = noTableRuns;
    return claimForTable(writeTimes ?? noWriteTimes, { nowUs, table, isTableEmpty }).claim
      .writeTimeUs;
  };
  return { sink: { url, claim }, recorded };
}

async function compare(
  target: AskedTarget,
  facts: LoadFacts,
  topmost: DerivedSummary["topmost"] | undefined,
): Promise<TargetFindings> {
  const { url, parsed, layout, order, cassandra } = target;
  const { meta, lastRun } = target.recorded;
  const sources = meta?.sources ?? [];
  const name = facts.sourceName;
  const [, disagreement] = await attempt(() => {
    if (meta !== undefined) requireAgreement(url, meta, layout, facts);
  });
  const [, overlap] = await attempt(() => {
    if (topmost !== undefined) requireNoOverlap(url, sources, { name, topmost });
  });
  const found = [disagreement, overlap].filter((error) => error !== undefined);
  return {
    ...{ url, layout, order, cassandra },
    kind: parsed.kind,
    isLayoutSettled: meta !== undefined || parsed.layout !== null,
    refusals: [...target.refusals, ...found],
    sources: sources.map((one) => one.name),
    lastRun:
      lastRun === undefined
        ? null
        : { runId: lastRun.runId, writeTimeUs: String(lastRun.writeTimeUs) },
    embedded: parsed.kind === "sqlite" ? await folderOf(parsed.path) : null,
    probe: null,
  };
}

async function folderOf(path: string): Promise<TargetFindings["embedded"]> {
  const folder = nearestFolder(dirname(resolve(path)));
  return { folder, freeBytes: await freeBytes(folder) };
}

/** A folder that is not there yet will be on the disk of the one around it. */
export function nearestFolder(path: string): string {
  const folder = resolve(path);
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/** What octoload itself does not expect is thrown. */
async function attempt<T>(
  act: () => T | Promise<T>,
): Promise<readonly [T, undefined] | readonly [undefined, OctoloadError]> {
  try {
    return [await act(), undefined];
  } catch (error) {
    if (error instanceof OctoloadError && error.code !== "INTERNAL") return [undefined, error];
    throw error;
  }
}
