import { existsSync } from "node:fs";
import { join } from "node:path";
import { backfill } from "../backfill/backfill.js";
import { REPORT_FILE } from "../backfill/begin-run.js";
import { type BackupResult, backupSource, backupTarget } from "../backup/backup.js";
import type { BackupHooks } from "../backup/hooks.js";
import { type Manifest, readManifest, totalBytes } from "../backup/manifest.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions } from "../load/load-settings.js";
import { readJsonObject } from "../load/run-status.js";
import { sourceBackupDir, targetBackupDir } from "./plan-steps.js";
import type { ProtectedOptions, ProtectHooks } from "./protect-options.js";
import type { ProtectedStep } from "./protected-file.js";
import { putBack } from "./put-back.js";
import type { StepRecord } from "./step-record.js";

/** Exit codes as every command has them. */
const DONE = 0;
const MAX_ERRORS = 2;
const INTERRUPTED = 4;
const DIFFERENCES = 6;
const NOT_ALL_CHECKED = 8;

/** A protected run's parts. */
export interface ProtectedParts {
  readonly runDir: string;
  readonly load: BackfillOptions;
  /** Absolute URLs. */
  readonly targets: readonly string[];
  readonly options: ProtectedOptions;
  readonly record: StepRecord;
  readonly hooks: ProtectHooks;
}

/** One process's part of a protected run: the steps that are not done yet. */
export class ProtectedRun {
  readonly #parts: ProtectedParts;

  constructor(parts: ProtectedParts) {
    this.#parts = parts;
  }

  /**
   * @returns the exit code
   * @throws OctoloadError of a step that failed for a reason outside the rows: it can be tried again
   */
  async execute(): Promise<number> {
    const { record, options } = this.#parts;
    if (options.rollBack === true) return this.#rollBack();
    // An earlier process found that something is wrong, and did not come to its end.
    const { failure } = record.file;
    if (failure !== null) return this.#restore(failure, this.#exitCodeOfFailure());
    if (!(await this.#backUp())) return INTERRUPTED;
    const loaded = await this.#load();
    if (loaded === MAX_ERRORS) {
      return this.#restore("more rows were rejected than --max-errors allows", MAX_ERRORS);
    }
    if (loaded === INTERRUPTED) return INTERRUPTED;
    const valid = await this.#validate();
    if (valid === DIFFERENCES)
      return this.#restore("the validation found differences", DIFFERENCES);
    if (valid !== DONE) return valid;
    for (const step of record.of("restore")) {
      await record.end(step, "skipped", { detail: "not needed" });
    }
    await record.finish("loaded", null);
    return loaded;
  }

  async #rollBack(): Promise<number> {
    const { record, hooks } = this.#parts;
    for (const step of record.of("backup target")) {
      if (step.state === "done" || step.state === "skipped") continue;
      throw new OctoloadError("BACKUP_UNFINISHED", `${step.target} has no backup yet`, {
        remedy: "Nothing was loaded yet, so that nothing has to be put back.",
      });
    }
    if (!(await putBack(this.#parts, record, this.#parts.options, hooks))) return INTERRUPTED;
    this.#noteOfCache();
    await record.finish("rolled-back", record.file.failure);
    return DONE;
  }

  async #restore(failure: string, exitCode: number): Promise<number> {
    const { record, options, hooks } = this.#parts;
    await record.fail(failure);
    if (!(await putBack(this.#parts, record, options, hooks))) return INTERRUPTED;
    this.#noteOfCache();
    await record.finish("restored", failure);
    return exitCode;
  }

  #noteOfCache(): void {
    const { load, hooks } = this.#parts;
    if (load.hot === undefined) return;
    hooks.onNote?.(
      `the cache ${load.hot.url} may hold rows that were undone for as long as entries live: empty it`,
    );
  }

  #exitCodeOfFailure(): number {
    const isLoad = this.#parts.record.of("backfill").some(({ state }) => state === "failed");
    return isLoad ? MAX_ERRORS : DIFFERENCES;
  }

  async #backUp(): Promise<boolean> {
    const { record } = this.#parts;
    for (const kind of ["backup source", "backup target"] as const) {
      for (const step of record.of(kind)) {
        if (step.state === "skipped") continue;
        if (!(await this.#backUpOne(step))) return false;
      }
    }
    return true;
  }

  /** What is done is looked at again: without it the next step must not begin. */
  async #backUpOne(step: ProtectedStep): Promise<boolean> {
    const { record } = this.#parts;
    const out = this.#backupDirOf(step);
    if (step.state === "done" || existsSync(out)) {
      const manifest = await readManifest(out);
      if (step.state === "running") await record.end(step, "done", describeBackup(out, manifest));
      return true;
    }
    await record.begin(step, `to ${out}`);
    const result = await this.#makeBackup(step, out);
    if (result.kind === "interrupted") {
      await record.leave(step, "interrupted: it starts over");
      return false;
    }
    await record.end(step, "done", describeBackup(out, result.manifest));
    return true;
  }

  #backupDirOf({ kind, target }: ProtectedStep): string {
    const { record, targets } = this.#parts;
    const { backupDir } = record.file;
    if (kind === "backup source") return sourceBackupDir(backupDir);
    return targetBackupDir(backupDir, targets.indexOf(target ?? ""));
  }

  #makeBackup({ target }: ProtectedStep, out: string): Promise<BackupResult> {
    const { load, options, hooks } = this.#parts;
    const backupHooks: BackupHooks = {
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      ...(hooks.onBackup === undefined ? {} : { onProgress: hooks.onBackup }),
      ...(hooks.onNote === undefined ? {} : { onNote: hooks.onNote }),
    };
    if (target !== null) {
      const env = options.env === undefined ? {} : { env: options.env };
      return backupTarget({ from: target, out, allowAbsent: true, ...env }, backupHooks);
    }
    const { sources = [], table, columns } = load;
    const selection = {
      ...(table === undefined ? {} : { table }),
      ...(columns === undefined ? {} : { columns }),
    };
    return backupSource({ sources, out, ...selection }, backupHooks);
  }

  /** @returns the load's exit code */
  async #load(): Promise<number> {
    const { record, runDir, load, hooks } = this.#parts;
    const [step] = record.of("backfill");
    if (step === undefined || step.state === "done") return this.#exitCodeOfReport();
    await record.begin(step, `in ${runDir}`);
    const { report } = await backfill(
      { ...load, runDir },
      {
        ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
        ...(hooks.onLoad === undefined ? {} : { onProgress: hooks.onLoad }),
      },
    ).catch(async (error: unknown) => {
      // An earlier process ended it, and was ended before it could say so.
      const isOver = error instanceof OctoloadError && error.code === "RUN_FINISHED";
      if (isOver) return { report: await readReport(runDir) };
      throw error;
    });
    const rows = `${report.total} rows: ${report.outcome}`;
    if (report.exitCode === INTERRUPTED) await record.leave(step, `${rows}; it goes on`);
    else {
      const state = report.exitCode === MAX_ERRORS ? "failed" : "done";
      await record.end(step, state, { detail: rows, evidence: join(runDir, REPORT_FILE) });
    }
    return report.exitCode;
  }

  async #exitCodeOfReport(): Promise<number> {
    return (await readReport(this.#parts.runDir)).exitCode;
  }

  /** Every target, also when one of them was found wanting: the report is to be whole. */
  async #validate(): Promise<number> {
    const { record } = this.#parts;
    let worst = DONE;
    for (const step of record.of("validate")) {
      if (step.state === "done" || step.state === "skipped" || step.target === null) continue;
      const exitCode = await this.#validateOne(step, step.target);
      if (exitCode === INTERRUPTED) return exitCode;
      if (exitCode === DIFFERENCES || worst === DONE) worst = exitCode;
    }
    return worst;
  }

  async #validateOne(step: ProtectedStep, to: string): Promise<number> {
    const { record, runDir, load, options, hooks } = this.#parts;
    const validationDir = this.#newValidationDir(to);
    await record.begin(step, `in ${validationDir}`);
    const env = options.env === undefined ? {} : { env: options.env };
    const request = { runDir, to, validationDir, load, ...env };
    const validation = await options.validate(request, hooks).catch(async (error: unknown) => {
      if (hooks.signal?.aborted !== true) throw error;
      await record.leave(step, "interrupted: it is repeated");
      return undefined;
    });
    if (validation === undefined) return INTERRUPTED;
    const { exitCode, rows, found } = validation;
    const detail = `${rows} rows compared, ${found} differ`;
    const end = { detail, evidence: validationDir };
    if (exitCode === DONE) await record.end(step, "done", end);
    else if (exitCode === DIFFERENCES) await record.end(step, "failed", end);
    else await record.leave(step, `${detail}; not all could be checked: it is repeated`);
    return exitCode === DONE || exitCode === DIFFERENCES ? exitCode : NOT_ALL_CHECKED;
  }

  #newValidationDir(to: string): string {
    const { runDir, targets } = this.#parts;
    const number = targets.indexOf(to) + 1;
    for (let attempt = 1; ; attempt++) {
      const path = join(runDir, `validation-${number}-${attempt}`);
      if (!existsSync(path)) return path;
    }
  }
}

function describeBackup(out: string, manifest: Manifest) {
  const what =
    manifest.content.kind === "absent"
      ? "nothing was there"
      : `${totalBytes(manifest)} bytes with checksums`;
  return { detail: what, evidence: out };
}

interface LoadEnd {
  readonly exitCode: number;
  readonly total: number;
  readonly outcome: string;
}

async function readReport(runDir: string): Promise<LoadEnd> {
  const path = join(runDir, REPORT_FILE);
  const facts = await readJsonObject(path);
  const { exitCode, total, outcome } = facts ?? {};
  if (typeof exitCode === "number" && typeof total === "number" && typeof outcome === "string") {
    return { exitCode, total, outcome };
  }
  throw new OctoloadError("RUN_DISK_FAILED", `${path} is missing or is no report`);
}
