import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { readJsonObject } from "../load/run-status.js";

export type Facts = Readonly<Record<string, unknown>>;

/** A JSON file that a run, or what was made around it, has left. */
export interface EvidenceFile {
  readonly path: string;
  readonly facts: Facts;
}

/** Where evidence is looked for. */
export interface EvidencePlaces {
  readonly runDir: string;
  /** Folders of backups beside those of a protected run. */
  readonly backups?: readonly string[];
  /** Folders of validations beside those of a protected run. */
  readonly validations?: readonly string[];
  /** What `octoload inspect --out` wrote. */
  readonly plans?: readonly string[];
}

/** Everything that the lines of one run are decided from. */
export interface RunEvidence {
  readonly runDir: string;
  readonly run: EvidenceFile;
  /** undefined: the run has not ended. */
  readonly report: EvidenceFile | undefined;
  /** undefined: not a protected run. */
  readonly protection: EvidenceFile | undefined;
  /** Folders that were named, and those that a protected run's steps name. */
  readonly backups: readonly string[];
  readonly validations: readonly EvidenceFile[];
  readonly plans: readonly EvidenceFile[];
}

const VALIDATION_FILE = "validation.json";

/** @throws OctoloadError RUN_NOT_FOUND; USAGE for a named place that holds no evidence */
export async function gatherEvidence(places: EvidencePlaces): Promise<RunEvidence> {
  const runDir = resolve(places.runDir);
  const run = await readEvidence(join(runDir, "run.json"));
  if (run === undefined) {
    throw new OctoloadError("RUN_NOT_FOUND", `there is no run in ${runDir}`);
  }
  const protection = await readEvidence(join(runDir, "protected.json"));
  return {
    runDir,
    run,
    report: await readEvidence(join(runDir, "report.json")),
    protection,
    backups: [...backupsOf(protection), ...(places.backups ?? []).map((path) => resolve(path))],
    validations: await validationsOf(runDir, places.validations ?? []),
    plans: await Promise.all((places.plans ?? []).map(requireEvidence)),
  };
}

/** undefined: there is none, or it is no JSON object. */
export async function readEvidence(path: string): Promise<EvidenceFile | undefined> {
  const facts = await readJsonObject(path).catch(() => undefined);
  return facts === undefined ? undefined : { path, facts };
}

async function requireEvidence(path: string): Promise<EvidenceFile> {
  const found = await readEvidence(resolve(path));
  if (found !== undefined) return found;
  throw new OctoloadError("USAGE", `${path} cannot be read as evidence: it is no JSON object`);
}

function backupsOf(protection: EvidenceFile | undefined): string[] {
  return listOf(protection?.facts.steps).flatMap((step) => {
    const { kind, state, evidence } = recordOf(step);
    const isBackup = kind === "backup source" || kind === "backup target";
    return isBackup && state === "done" && typeof evidence === "string" ? [evidence] : [];
  });
}

async function validationsOf(
  runDir: string,
  named: readonly string[],
): Promise<readonly EvidenceFile[]> {
  const names = (await readdir(runDir)).filter((name) => name.startsWith("validation-"));
  const own = await Promise.all(
    names.sort().map((name) => readEvidence(join(runDir, name, VALIDATION_FILE))),
  );
  const others = await Promise.all(
    named.map((path) => {
      return requireEvidence(path.endsWith(".json") ? path : join(path, VALIDATION_FILE));
    }),
  );
  return [...own.filter((file) => file !== undefined), ...others];
}

export function recordOf(value: unknown): Facts {
  return typeof value === "object" && value !== null ? (value as Facts) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
