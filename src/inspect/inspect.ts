import { join } from "node:path";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { describeSource } from "../backfill/describe-run.js";
import { bytesOf, freeBytes, sortOrdersOf } from "../backfill/disk-room.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { isUsageError } from "../errors/usage-codes.js";
import { type LoadSettings, settingsOf } from "../load/load-settings.js";
import { PLAN_KIND, PLAN_VERSION } from "../load/plan-file.js";
import { makeRunId } from "../load/run-file.js";
import { estimateSpillBytes } from "../load/spill-estimate.js";
import { packageVersion } from "../native/package-version.js";
import { absoluteTargetUrl } from "../sink/target-path.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { Source } from "../source/source.js";
import type { CacheFacts } from "./cache-facts.js";
import { cacheLines } from "./cache-lines.js";
import {
  type AskedTarget,
  askTarget,
  compareTargets,
  nearestFolder,
  type PlannedRun,
} from "./check-targets.js";
import { blockRatio, type Compressibility, measureCompressibility } from "./compressibility.js";
import type { InspectHooks, InspectOptions, InspectReport } from "./inspect-options.js";
import { type CheckLine, lineMaker, verdictOf } from "./lines.js";
import { type DiskPlan, makePlan, type Plan, type PlannedTarget } from "./plan.js";
import { planLines } from "./plan-lines.js";
import { predict } from "./predict.js";
import { probeTarget } from "./probe.js";
import { encodeSample, metadataOf, readSample } from "./sample-rows.js";
import { sourceLines } from "./source-lines.js";
import { rowImage } from "./stored-size.js";
import { type Survey, surveySource } from "./survey-source.js";
import type { TargetFindings } from "./target-findings.js";
import { refusalLines, targetLines } from "./target-lines.js";

const BLOCK_BYTES = 16 * 1024;

/**
 * Looks at everything a load depends on, before it is begun: the source, read once; the targets, as
 * a load asks them, and their servers; the disks. Writes nothing, but for a probe's own keyspace or
 * file and a folder for sorting keys, which are removed.
 *
 * What stands against the load is a line of the result; only what makes looking impossible is
 * thrown.
 *
 * @throws OctoloadError USAGE, ARG_*, TARGET_URL, SOURCE_* of a source that cannot be opened,
 *   RUN_DISK_*; RunInterrupted
 */
export async function inspect(
  options: InspectOptions,
  hooks: InspectHooks = {},
): Promise<InspectReport> {
  const settings = settingsOf({ ...options, dryRun: true });
  if (!options.sources?.length) {
    throw new OctoloadError("USAGE", "an inspection needs a source (a GeoPackage or SQLite file)");
  }
  const urls = (options.to ?? []).map((url) => absoluteTargetUrl(url));
  for (const url of urls) parseTargetUrl(url);
  const source = await openSource(options);
  try {
    return await new Inspection(options, settings, source, hooks).run(urls);
  } finally {
    await source.removeSnapshots().catch(() => undefined);
    await source.close();
  }
}

function openSource(options: InspectOptions): Promise<Source> {
  const { sources = [], sourceName, table, where, columns = {}, snapshotDir } = options;
  return Source.open({
    ...{ paths: sources, columns },
    ...(sourceName === undefined ? {} : { name: sourceName }),
    ...(table === undefined ? {} : { table }),
    ...(where === undefined ? {} : { where }),
    ...(snapshotDir === undefined ? {} : { snapshotDir }),
  });
}

class Inspection {
  readonly #options: InspectOptions;
  readonly #settings: LoadSettings;
  readonly #source: Source;
  readonly #hooks: InspectHooks;
  readonly #madeAt = new Date().toISOString();

  constructor(
    options: InspectOptions,
    settings: LoadSettings,
    source: Source,
    hooks: InspectHooks,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#source = source;
    this.#hooks = hooks;
  }

  async run(urls: readonly string[]): Promise<InspectReport> {
    // Before the source is read, which may take hours.
    const asked: AskedTarget[] = [];
    for (const url of urls) asked.push(await askTarget(url));
    const read = await this.#read();
    if (read instanceof OctoloadError) return this.#unreadable(read, asked);
    const { planned, survey } = read;
    const compared = await compareTargets(asked, planned, survey.derived.topmost);
    const targets = await this.#probe(compared, planned);
    const sample = await this.#sample(survey);
    const plan = await this.#plan(survey, targets, sample.ratio);
    const cache = await this.#cache(survey);
    return this.#report({ survey, targets, plan, cache, compressibility: sample.compressibility });
  }

  async #plannedRun(): Promise<PlannedRun> {
    const { addSource = false } = this.#options;
    return {
      source: this.#source,
      settings: this.#settings,
      run: {
        runId: makeRunId(new Date()),
        source: await describeSource(this.#source, this.#options),
        addSource,
      },
    };
  }

  /** A source that turns out to be damaged, or changes, is a finding. */
  async #read(): Promise<
    { readonly planned: PlannedRun; readonly survey: Survey } | OctoloadError
  > {
    try {
      return { planned: await this.#plannedRun(), survey: await this.#survey() };
    } catch (error) {
      const isFinding = error instanceof OctoloadError && /^(SOURCE_|TOO_MANY_)/.test(error.code);
      if (isFinding && !isUsageError(error)) return error;
      throw error;
    }
  }

  #survey(): Promise<Survey> {
    const { signal = new AbortController().signal, onProgress = () => undefined } = this.#hooks;
    const { workDir } = this.#options;
    const options = { settings: this.#settings, signal, onProgress };
    const more = workDir === undefined ? {} : { workDir };
    return surveySource(this.#source, { ...options, ...more });
  }

  async #probe(targets: readonly TargetFindings[], { run }: PlannedRun): Promise<TargetFindings[]> {
    if (this.#options.probe !== true) return [...targets];
    const { signal = new AbortController().signal } = this.#hooks;
    const settings = this.#settings;
    const probed: TargetFindings[] = [];
    for (const target of targets) {
      // One that refuses the load is not written to.
      const isOpen = target.refusals.length === 0 && !signal.aborted;
      const options = { source: this.#source, run, settings, signal };
      probed.push(isOpen ? await withProbe(target, options) : target);
    }
    return probed;
  }

  async #sample({ sample }: Survey): Promise<{
    readonly compressibility: Compressibility;
    readonly ratio: number;
  }> {
    const { coerceText, frame } = this.#settings;
    const rows = await readSample(this.#source, sample, coerceText);
    const inside = rows.length === 0 ? [] : encodeSample(rows, frame);
    const images = inside.map((envelope) => rowImage(envelope, envelope.subarray(-8)));
    return {
      compressibility: await measureCompressibility(metadataOf(rows)),
      ratio: await blockRatio(images, BLOCK_BYTES),
    };
  }

  async #plan(
    { facts }: Survey,
    targets: readonly TargetFindings[],
    compression: number,
  ): Promise<Plan> {
    const orders = this.#orders(targets);
    return makePlan({
      ...{ source: facts, compression },
      targets: targets.map(plannedTarget),
      rowOrders: orders.filter((order) => order !== "source").length,
      spill: await this.#spill(orders),
      snapshot: await this.#snapshot(),
    });
  }

  /** Without a target as for a new one of the usual layout. */
  #orders(targets: readonly TargetFindings[]) {
    const sinks = targets.map(({ order }) => ({ order: order === "source" ? "node" : order }));
    const usual = [{ order: "node-token" as const }];
    return sortOrdersOf(this.#settings, sinks.length === 0 ? usual : sinks);
  }

  async #spill(orders: ReturnType<typeof sortOrdersOf>): Promise<DiskPlan> {
    const { runDir, runsDir = DEFAULT_RUNS_DIR } = this.#options;
    const folder = nearestFolder(runDir ?? join(runsDir, "run"));
    const rows = await this.#source.count();
    const bytes = bytesOf(this.#source.files);
    const { memoryBytes } = this.#settings;
    const neededBytes = await estimateSpillBytes(memoryBytes, rows, bytes, orders);
    return { folder, neededBytes, freeBytes: await freeBytes(folder) };
  }

  async #snapshot(): Promise<DiskPlan | null> {
    const { snapshotDir } = this.#options;
    if (snapshotDir === undefined) return null;
    const folder = nearestFolder(snapshotDir);
    // The copy that was just read is on the disk already.
    const neededBytes = bytesOf(this.#source.files);
    return { folder, neededBytes, freeBytes: (await freeBytes(folder)) + neededBytes };
  }

  async #cache({ derived }: Survey): Promise<CacheFacts | null> {
    const { hot } = this.#options;
    if (hot === undefined) return null;
    const { levels, map } = derived;
    // ioredis is loaded only where it is used.
    const { readCacheFacts } = await import("./cache-facts.js");
    return readCacheFacts(hot, this.#settings.frame, { levels, map });
  }

  #report({
    survey: { facts },
    targets,
    plan,
    cache,
    compressibility,
  }: {
    readonly survey: Survey;
    readonly targets: readonly TargetFindings[];
    readonly plan: Plan;
    readonly cache: CacheFacts | null;
    readonly compressibility: Compressibility;
  }): InspectReport {
    const settings = this.#settings;
    const isDualWrite = targets[0]?.cassandra?.writeTimes?.t0 != null;
    const lines = [
      ...sourceLines(facts, settings),
      ...planLines(plan, compressibility),
      ...targets.flatMap((target) => targetLines(target, { source: facts, plan, settings })),
      ...(cache === null ? [] : cacheLines(cache, isDualWrite)),
    ];
    const predictions = predict(facts, plan, cache, this.#madeAt);
    const found = { source: facts, compressibility, plan, targets, cache, predictions };
    return { ...this.#head(lines), ...found };
  }

  #unreadable(error: OctoloadError, asked: readonly AskedTarget[]): InspectReport {
    const { code, fault, remedy } = error;
    const line = lineMaker("source");
    const refused = asked.flatMap(({ url, refusals }) => refusalLines(url, refusals));
    return {
      ...this.#head([line("reading", "no-go", fault, { code, remedy }), ...refused]),
      ...{ source: null, compressibility: null, plan: null, targets: [], cache: null },
      predictions: { sourceFingerprint: "", madeAt: this.#madeAt, values: [] },
    };
  }

  #head(lines: readonly CheckLine[]) {
    const verdict = verdictOf(lines);
    return {
      ...{ kind: PLAN_KIND, version: PLAN_VERSION, octoload: packageVersion() },
      ...{ madeAt: this.#madeAt, verdict, lines },
      exitCode: verdict === "no-go" ? 7 : 0,
    } as const;
  }
}

/** A probe that fails is what a load would meet. */
async function withProbe(
  target: TargetFindings,
  options: Parameters<typeof probeTarget>[1],
): Promise<TargetFindings> {
  try {
    return { ...target, probe: await probeTarget(target, options) };
  } catch (error) {
    if (!(error instanceof OctoloadError) || error.code === "INTERNAL") throw error;
    return { ...target, refusals: [...target.refusals, error.within("the probe")] };
  }
}

function plannedTarget({ url, kind, layout, cassandra, probe }: TargetFindings): PlannedTarget {
  const nodes = cassandra?.nodes.filter(({ datacenter }) => datacenter === cassandra.datacenter);
  const copies = cassandra?.replication[cassandra.datacenter] ?? 1;
  const rowsPerSecond = probe === null || probe.rowsPerSecond === 0 ? null : probe.rowsPerSecond;
  return { url, kind, layout, copies, nodes: Math.max(1, nodes?.length ?? 1), rowsPerSecond };
}
