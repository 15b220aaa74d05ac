import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { mayBeAlive, readJsonObject, readStatus, type StatusFile } from "./run-status.js";

/** A status this old means that its process does not run, though it exists. */
const SILENT_MS = 15_000;

/** One run as its folder tells of it; null: the folder does not say. */
export interface RunListing {
  /** The folder's name, which differs among the shards of one run. */
  readonly id: string;
  readonly runId: string | null;
  readonly dir: string;
  /**
   * `running`, `paused`; `silent`: its process exists but has said nothing for a while;
   * `unfinished`: its process is gone without an end; else the outcome of its report.
   */
  readonly state: string;
  readonly source: string | null;
  readonly sinks: readonly string[];
  readonly total: number | null;
  readonly migrated: number | null;
  readonly failed: number | null;
  readonly percent: number | null;
  readonly rowsPerSecond: number | null;
  /** null: no limit. */
  readonly rateLimit: number | null;
  /** ISO time. */
  readonly startedAt: string | null;
}

type Facts = Readonly<Record<string, unknown>>;

const completeOutcomes: ReadonlySet<string> = new Set(["done", "rejected", "dry-run"]);

/** The runs of a folder, the latest first. A folder that does not exist has none. */
export async function listRuns(runsDir: string): Promise<RunListing[]> {
  const names = await readdir(runsDir).catch(() => []);
  const listings = await Promise.all(names.map((name) => describeRun(join(runsDir, name))));
  return listings
    .filter((listing) => listing !== undefined)
    .sort((a, b) => compareText(b.startedAt ?? "", a.startedAt ?? "") || compareText(a.id, b.id));
}

/** What a run's folder says; undefined where it is no run's. */
export async function describeRun(dir: string): Promise<RunListing | undefined> {
  const [run, report, status] = await Promise.all([
    readJsonObject(join(dir, "run.json")).catch(() => undefined),
    readJsonObject(join(dir, "report.json")).catch(() => undefined),
    readStatus(dir).catch(() => undefined),
  ]);
  if (run === undefined && status === undefined) return undefined;
  return listingOf(dir, status, run ?? {}, report ?? {});
}

function listingOf(
  dir: string,
  status: StatusFile | undefined,
  run: Facts,
  report: Facts,
): RunListing {
  const state = stateOf(status, run, report);
  return {
    id: basename(resolve(dir)),
    runId: textOf(run.runId) ?? textOf(status?.runId),
    dir,
    state,
    source: textOf(recordOf(run.source).name) ?? textOf(recordOf(report.source).name),
    sinks: sinksOf(run, status),
    ...countsOf(status, report, completeOutcomes.has(state)),
    startedAt: textOf(run.startedAt) ?? textOf(report.startedAt),
  };
}

/**
 * The folder of the run that `name` means: a path, or an id's unique beginning.
 *
 * @throws OctoloadError RUN_NOT_FOUND, naming the runs there are or that fit
 */
export async function findRun(name: string, runsDir: string): Promise<string> {
  if (isPath(name)) {
    if (await isRunFolder(name)) return name;
    throw new OctoloadError("RUN_NOT_FOUND", `${describeValue(name)} is not the folder of a run`);
  }
  const runs = await listRuns(runsDir);
  const exact = runs.filter(({ id }) => id === name);
  const fitting = exact.length > 0 ? exact : runs.filter(({ id }) => id.startsWith(name));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.dir;
  if (fitting.length === 0 && (await isRunFolder(name))) return name;
  throw new OctoloadError("RUN_NOT_FOUND", whyNone(name, runsDir, fitting));
}

function whyNone(name: string, runsDir: string, fitting: readonly RunListing[]): string {
  if (fitting.length === 0) {
    return `no run in ${describeValue(runsDir)} has an id that begins with ${describeValue(name)}`;
  }
  const ids = fitting.map(({ id }) => id).join(", ");
  return `${describeValue(name)} begins the ids of ${fitting.length} runs: ${ids}`;
}

function isPath(name: string): boolean {
  return name.includes(sep) || name.includes("/") || name === "." || name === "..";
}

async function isRunFolder(dir: string): Promise<boolean> {
  const isFolder = await stat(dir).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  return isFolder && (await describeRun(dir)) !== undefined;
}

/** A process that is there decides; else its report, unless a later process left none. */
function stateOf(status: StatusFile | undefined, run: Facts, report: Facts): string {
  if (status !== undefined && status.state !== "ended") {
    if (!mayBeAlive(status)) return "unfinished";
    return Date.now() - Date.parse(status.at) > SILENT_MS ? "silent" : status.state;
  }
  return textOf(report.outcome) ?? textOf(run.state) ?? "unfinished";
}

function sinksOf(run: Facts, status: StatusFile | undefined): string[] {
  const listed = listOf(run.sinks).map((sink) => textOf(sink) ?? textOf(recordOf(sink).url));
  const known = listed.filter((url) => url !== null);
  return known.length > 0 ? known : (status?.progress?.sinks ?? []).map(({ url }) => url);
}

type Counts = Pick<
  RunListing,
  "total" | "migrated" | "failed" | "percent" | "rowsPerSecond" | "rateLimit"
>;

/** A complete run's report has the final counts; of any other the status is nearer the truth. */
function countsOf(status: StatusFile | undefined, report: Facts, isComplete: boolean): Counts {
  const progress = status?.progress ?? undefined;
  const loaded = minimumOf(listOf(report.sinks).map((sink) => numberOf(recordOf(sink).loaded)));
  const rejected = listOf(report.rejectedByCode).map((entry) => numberOf(recordOf(entry).rows));
  const fromReport = {
    total: numberOf(report.total),
    migrated: loaded,
    failed: report.rejectedByCode === undefined ? null : sumOf(rejected),
  };
  const fromStatus = {
    total: progress?.total ?? null,
    migrated: progress?.migrated ?? null,
    failed: progress?.failed ?? null,
  };
  const [first, second] = isComplete ? [fromReport, fromStatus] : [fromStatus, fromReport];
  const isActive = status !== undefined && status.state !== "ended";
  return {
    total: first.total ?? second.total,
    migrated: first.migrated ?? second.migrated,
    failed: first.failed ?? second.failed,
    percent: isComplete ? 100 : (progress?.percent ?? null),
    rowsPerSecond: isActive ? (progress?.rowsPerSecond ?? null) : null,
    rateLimit: status?.settings?.rowsPerSecond ?? null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function recordOf(value: unknown): Facts {
  return typeof value === "object" && value !== null ? (value as Facts) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function minimumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function sumOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
