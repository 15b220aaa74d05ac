import { type RowContext, RowDigester } from "../encoding/row-digester.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { HotFeed } from "../hot-feed/hot-feed.js";
import type { CursorCheckpoint } from "../load/checkpoint.js";
import { type RunFile, writeRunFile } from "../load/run-file.js";
import { requireAgreement } from "../sink/agreement.js";
import { numberColumnSets } from "../sink/column-sets.js";
import { createSink } from "../sink/create-sink.js";
import type { ColumnSet, Sink } from "../sink/sink.js";
import { SinkNotices } from "../sink/sink-notices.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { Source } from "../source/source.js";
import { findBaselines } from "./baseline.js";
import type { BegunRun } from "./begin-run.js";
import { describeRun, loadFacts } from "./describe-run.js";
import { requireSourceOrder } from "./open-source-cursor.js";
import { requirePrunable } from "./prune-refusals.js";
import {
  findRedriveRows,
  type RedriveRows,
  restoreRedriveRows,
  storeRedriveRows,
} from "./redrive-rows.js";
import { claimWriteTime, earliestWriteTime, type KnownTarget } from "./write-time.js";

/** Facts that processes of a run leave for the next one. */
export const facts = Object.freeze({
  columnSets: "columnSets",
  sorted: "sorted",
  redriveRows: "redriveRows",
  hot: "hot",
  baselines: "baselines",
  changed: "changed",
});

/** A run whose source and targets were found to fit. */
export interface RunParts {
  readonly run: RunFile;
  /** undefined: the run has sorted all rows, its own files are the source now. */
  readonly source: Source | undefined;
  readonly sinks: readonly Sink[];
  /** undefined: no hot cache is filled. */
  readonly hot: HotFeed | undefined;
  /** What the sinks say, from when they were opened. */
  readonly notices: SinkNotices;
  /** Number of each source file's set of unmapped columns; 0: none. */
  readonly columnSets: readonly number[];
  /** undefined: the run keeps no digests. */
  readonly digester: RowDigester | undefined;
  /** undefined: all rows are sent. */
  readonly redriveRows: RedriveRows | undefined;
}

/**
 * Opens the source, compares it with what the run began with, opens the targets
 * and writes run.json.
 *
 * @throws OctoloadError SOURCE_*, SNAPSHOT_*, TARGET_*, before a row was written
 */
export async function setUp(begun: BegunRun): Promise<RunParts> {
  const notices = new SinkNotices();
  const sinks = await createSinks(begun, notices);
  let hot: HotFeed | undefined;
  try {
    // Before a target is asked for anything: a cache that refuses is found while nothing is written.
    hot = await openHotFeed(begun, notices);
    return { ...(await setUpWith(begun, sinks)), sinks, hot, notices };
  } catch (error) {
    await hot?.close().catch(() => undefined);
    for (const sink of sinks) await sink.close().catch(() => undefined);
    throw error;
  }
}

async function createSinks({ options }: BegunRun, notices: SinkNotices): Promise<Sink[]> {
  const { to = [], tuning = {} } = options;
  const sinks: Sink[] = [];
  try {
    for (const url of to) sinks.push(await createSink(url, { tuning, onNotice: notices.add }));
    return sinks;
  } catch (error) {
    for (const sink of sinks) await sink.close().catch(() => undefined);
    throw error;
  }
}

async function openHotFeed(
  { options, settings, earlier }: BegunRun,
  notices: SinkNotices,
): Promise<HotFeed | undefined> {
  if (options.hot === undefined || settings.dryRun) return undefined;
  // ioredis is loaded only where it is used.
  const { HotFeed } = await import("../hot-feed/hot-feed.js");
  return HotFeed.open(options.hot, earlier !== undefined, notices.add);
}

async function setUpWith(
  begun: BegunRun,
  sinks: readonly Sink[],
): Promise<Omit<RunParts, "sinks" | "hot" | "notices">> {
  const { earlier, store } = begun;
  const isRead = earlier !== undefined && (await store.fact(facts.sorted)) === true;
  const { shard, order } = begun.settings;
  if (order === "source") requireSourceOrder(sinks, shard !== null);
  if (shard !== null) requireOneOrder(sinks);
  const source = isRead && order === "key" ? undefined : await openSource(begun);
  try {
    if (earlier !== undefined && source !== undefined) await requireSameSource(earlier, source);
    const targets = await Promise.all(
      sinks.map(async (sink) => ({ sink, recorded: await sink.recorded() })),
    );
    if (earlier !== undefined) requireSameTargets(earlier, await store.checkpoints(), targets);
    const redriveRows = await redriveRowsOf(begun, source);
    const sets = await columnSetsOf(begun, source, targets);
    const run =
      earlier === undefined
        ? await beginRunFile(begun, source, targets, sets, redriveRows)
        : await resumeRunFile(begun, earlier);
    const writeTimeUs = BigInt(run.writeTimeUs);
    const target = { ...loadFacts(run, sets, begun), writeTimeUs };
    if (!run.dryRun) for (const sink of sinks) await sink.open(target);
    const columnSets = sets.map((set) => set?.number ?? 0);
    return { run, source, columnSets, digester: digesterOf(run, target), redriveRows };
  } catch (error) {
    // A run that cannot begin leaves no copies; a resumed one needs them again.
    if (earlier === undefined) await source?.removeSnapshots().catch(() => undefined);
    await source?.close();
    throw error;
  }
}

function digesterOf({ digests }: RunFile, facts: RowContext): RowDigester | undefined {
  return digests ? new RowDigester(facts) : undefined;
}

/** A part of one order holds other rows than the same part of another one. */
function requireOneOrder(sinks: readonly Sink[]): void {
  if (new Set(sinks.map(({ order }) => order)).size <= 1) return;
  throw new OctoloadError("USAGE", "--shard takes targets of one layout, not of several");
}

function openSource({ options, earlier }: BegunRun): Promise<Source> {
  const { sourceName, table, columns, where, snapshotDir } = options;
  const before = earlier?.source;
  const name = sourceName ?? before?.name;
  const known = before?.snapshots ?? null;
  return Source.open({
    paths: before?.paths ?? options.sources ?? [],
    columns: columns ?? before?.columns ?? {},
    ...optional("name", name),
    ...optional("table", table ?? before?.table ?? undefined),
    ...optional("where", where ?? earlier?.where ?? undefined),
    ...(known === null ? optional("snapshotDir", snapshotDir) : { snapshots: known }),
  });
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

async function requireSameSource(earlier: RunFile, source: Source): Promise<void> {
  if ((await source.fingerprint()) === earlier.source.fingerprint) return;
  throw new OctoloadError(
    "SOURCE_CHANGED",
    `${earlier.source.name} is not what it was when the run ${earlier.runId} began`,
    {
      remedy: "Start over with --restart, or load from a copy that nobody writes to (--snapshot).",
    },
  );
}

/** What a checkpoint counts as loaded has to be there: a target notes each run that began on it. */
function requireSameTargets(
  earlier: RunFile,
  checkpoints: readonly CursorCheckpoint[],
  targets: readonly KnownTarget[],
): void {
  for (const { sink, recorded } of targets) {
    const { url } = sink;
    const hasRows = checkpoints.some((one) => one.url === url && one.position !== null);
    if (!hasRows || parseTargetUrl(url).kind === "null") continue;
    if (recorded.lastWriteTimeUs >= BigInt(earlier.writeTimeUs)) continue;
    throw new OctoloadError(
      "RUN_OTHER",
      `${url} is not the target that the run ${earlier.runId} wrote to: it was removed or replaced`,
      { remedy: "Bring the target back, or load everything again with --restart." },
    );
  }
}

/** On the disk before run.json says that there is such a run. */
async function redriveRowsOf(
  { earlier, redrive, store, settings }: BegunRun,
  source: Source | undefined,
): Promise<RedriveRows | undefined> {
  if (earlier?.redriveOf !== undefined) {
    return restoreRedriveRows(await store.fact(facts.redriveRows));
  }
  if (earlier !== undefined || redrive === undefined || source === undefined) return undefined;
  const rows = await findRedriveRows(source, redrive, settings);
  await store.putFact(facts.redriveRows, storeRedriveRows(rows));
  return rows;
}

function resumeRunFile({ runDir, settings }: BegunRun, earlier: RunFile): Promise<RunFile> {
  const { maxErrors, memoryBytes } = settings;
  const resumes = earlier.resumes + 1;
  const changes = { state: "unfinished", resumes, maxErrors, memoryBytes } as const;
  return writeRunFile(runDir, { ...earlier, ...changes });
}

/** The targets are asked for the run's write time when all of them were found to agree. */
async function beginRunFile(
  begun: BegunRun,
  source: Source | undefined,
  targets: readonly KnownTarget[],
  sets: readonly (ColumnSet | undefined)[],
  redriveRows: RedriveRows | undefined,
): Promise<RunFile> {
  if (source === undefined) throw new OctoloadError("INTERNAL", "a new run has no source");
  const sinks = targets.map(({ sink }) => sink);
  const run = await describeRun(begun, source, sinks, redriveRows);
  if (run.prune) requirePrunable(run, targets);
  if (run.dryRun) {
    const writeTimeUs = String(earliestWriteTime(targets));
    return writeRunFile(begun.runDir, { ...run, writeTimeUs });
  }
  if (run.changedOnly) {
    const { runDir, options, store } = begun;
    const places = { runDir, sourceName: source.name, ...optional("runsDir", options.runsDir) };
    // Kept, for what the targets' last run was is forgotten as soon as this one is theirs.
    await store.putFact(facts.baselines, await findBaselines(targets, places));
  }
  const load = loadFacts(run, sets, begun);
  for (const { sink, recorded } of targets) {
    if (recorded.meta !== undefined) requireAgreement(sink.url, recorded.meta, sink.layout, load);
  }
  const writeTimeUs = String(await claimWriteTime(targets, load));
  return writeRunFile(begun.runDir, { ...run, writeTimeUs });
}

/** Of each file; undefined: it has no unmapped columns. */
export function columnSetsFor(
  source: Source | undefined,
  targets: readonly Pick<KnownTarget, "recorded">[],
): (ColumnSet | undefined)[] {
  const extras = source?.files.map(({ extras: columns }) =>
    columns.map(({ name, declaredType }) => ({ name, declaredType })),
  );
  const recorded = targets.map((target) => target.recorded.meta?.columnSets ?? []);
  return numberColumnSets(extras ?? [], recorded);
}

/** Numbered once a run: its sorted envelopes hold the numbers. */
async function columnSetsOf(
  { store }: BegunRun,
  source: Source | undefined,
  targets: readonly KnownTarget[],
): Promise<(ColumnSet | undefined)[]> {
  const known = await store.fact(facts.columnSets);
  if (Array.isArray(known)) return known.map((set: ColumnSet | null) => set ?? undefined);
  const sets = columnSetsFor(source, targets);
  await store.putFact(
    facts.columnSets,
    sets.map((set) => set ?? null),
  );
  return sets;
}
