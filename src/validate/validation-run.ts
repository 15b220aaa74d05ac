import { setMaxListeners } from "node:events";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { packageVersion } from "../native/package-version.js";
import type { RowReader } from "../target/row-reader.js";
import type { Target } from "../target/target.js";
import { type Comparison, RowComparison } from "./compare-rows.js";
import { type CountedRanges, countRanges, countsBeside, countsCheck } from "./count-rows.js";
import { OtherSources } from "./excused-extras.js";
import { FindingsFile } from "./findings-file.js";
import {
  findKept,
  type KeptFor,
  type KeptRanges,
  keepRanges,
  validationFolders,
} from "./kept-ranges.js";
import { PresentSource } from "./present-source.js";
import { ProgressMeter } from "./progress-meter.js";
import { Recheck, type RecheckCounts } from "./recheck.js";
import { RefusedRows } from "./refused-rows.js";
import { repairRows } from "./repair.js";
import type { RepairResult, UncheckedRange, ValidationResult } from "./result.js";
import { SourceSide } from "./source-side.js";
import type { ValidateHooks, ValidateOptions } from "./validate-options.js";
import { DEFAULT_VALIDATIONS_DIR, type ValidationPlan } from "./validation-plan.js";
import { exitCodeOf, rowsCheck } from "./verdict.js";

/** So many findings are in the result itself. */
const LISTED_FINDINGS = 100;
const DEFAULT_SETTLE_MS = 1000;

/** A target opened for reading. */
export interface OpenTargetRows {
  readonly target: Target;
  readonly rows: RowReader;
}

interface Rechecked {
  readonly recheck: RecheckCounts;
  readonly repair: RepairResult | null;
}

/** What a validation of its kind found. */
type Checked = Pick<
  ValidationResult,
  "rows" | "checks" | "findings" | "unchecked" | "repair" | "passedOver"
>;

/** One validation from an open target to its result. */
export class ValidationRun {
  readonly #plan: ValidationPlan;
  readonly #options: ValidateOptions;
  readonly #open: OpenTargetRows;
  readonly #signal: AbortSignal;
  readonly #meter: ProgressMeter;
  readonly #startedAt = new Date();

  constructor(
    plan: ValidationPlan,
    options: ValidateOptions,
    open: OpenTargetRows,
    hooks: ValidateHooks,
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#open = open;
    this.#signal = AbortSignal.any(hooks.signal === undefined ? [] : [hooks.signal]);
    // Many rows wait for it at once, and Node takes many listeners for a leak.
    setMaxListeners(0, this.#signal);
    this.#meter = new ProgressMeter(hooks.onProgress);
  }

  /** @throws OctoloadError SOURCE_*, RUN_*, VALIDATION_INTERRUPTED */
  async execute(): Promise<ValidationResult> {
    const source = await this.#readSource();
    try {
      const isFull = this.#options.full === true;
      const checked = isFull ? await this.#checkRows(source) : await this.#checkCounts(source);
      const fingerprint = await source.source.fingerprint();
      this.#meter.enter("done", null);
      return this.#resultOf(source, fingerprint, checked);
    } finally {
      await source.close();
    }
  }

  #readSource(): Promise<SourceSide> {
    const { validationId, folder, settings, source } = this.#plan;
    const options = {
      ...{ folder, validationId, settings, source, signal: this.#signal },
      onProgress: (phase: "scan" | "derive", rows: number, total: number) => {
        this.#meter.enter(phase, total);
        this.#meter.rows(rows);
      },
    };
    this.#meter.enter("scan", null);
    return SourceSide.read(options, this.#open.target, this.#open.rows);
  }

  async #checkRows(source: SourceSide): Promise<Checked> {
    const findings = new FindingsFile(this.#plan.folder);
    try {
      const others = this.#othersThan(source);
      const keptFor = await this.#keptFor(source);
      const kept = await this.#findKept(keptFor);
      const comparison = await this.#compare(source, others, findings, kept);
      const { recheck, repair } = await this.#recheck(source, findings);
      const foreign = await this.#addForeign(findings);
      findings.finish();
      const { validationId, folder } = this.#plan;
      await keepRanges(folder, keptFor, { validationId, ranges: comparison.states });
      const unchecked = [...comparison.unchecked, ...recheck.unchecked, ...foreign];
      const counts = findings.countFindings();
      const check = rowsCheck(comparison, counts, unchecked);
      return {
        rows: rowCounts(source, comparison, recheck),
        // Rows that were sent again are not counted again.
        checks: repair?.run ? [check] : [check, countsBeside(comparison, check)],
        findings: [...findings.findings(LISTED_FINDINGS)],
        ...{ unchecked, repair },
        passedOver: passedOver(comparison, kept),
      };
    } finally {
      findings.close();
    }
  }

  async #checkCounts(source: SourceSide): Promise<Checked> {
    this.#meter.enter("compare", source.cells);
    const counted = await countRanges({
      ...{ source, rows: this.#open.rows, signal: this.#signal },
      onProgress: (rows) => this.#meter.rows(rows),
    });
    const hasOthers = this.#othersThan(source).areThere;
    return {
      rows: countedRows(source, counted),
      checks: [countsCheck(counted, { hasOthers, refused: this.#countRefused() })],
      ...{ findings: [], unchecked: counted.unchecked, repair: null, passedOver: null },
    };
  }

  #countRefused(): number {
    const refused = new RefusedRows(this.#plan.runs);
    try {
      return refused.count();
    } finally {
      refused.close();
    }
  }

  #othersThan({ source }: SourceSide): OtherSources {
    return new OtherSources(this.#open.target.meta.sources, source.name);
  }

  async #keptFor({ source }: SourceSide): Promise<KeptFor> {
    const lastRunId = await this.#open.rows.lastRunId();
    return { target: this.#plan.to, sourceName: source.name, lastRunId };
  }

  async #findKept(keptFor: KeptFor): Promise<KeptRanges | undefined> {
    if (this.#options.changedOnly !== true) return undefined;
    const folders = validationFolders(DEFAULT_VALIDATIONS_DIR, this.#plan.folder);
    return findKept(keptFor, folders, this.#options.runsDir ?? DEFAULT_RUNS_DIR);
  }

  #compare(
    source: SourceSide,
    others: OtherSources,
    findings: FindingsFile,
    kept: KeptRanges | undefined,
  ): Promise<Comparison> {
    this.#meter.enter("compare", source.cells);
    return new RowComparison({
      ...{ source, others, findings, kept, rows: this.#open.rows, signal: this.#signal },
      onProgress: (count, found) => {
        this.#meter.found = found;
        this.#meter.rows(count);
      },
    }).run();
  }

  async #recheck(source: SourceSide, findings: FindingsFile): Promise<Rechecked> {
    const { target, rows } = this.#open;
    const { runs, settings, source: sourceOptions } = this.#plan;
    findings.finishCandidates();
    this.#meter.enter("recheck", findings.countCandidates());
    const isWritten = rows.live !== null || sourceOptions.snapshotDir !== undefined;
    const present = isWritten ? new PresentSource(source.source, sourceOptions) : undefined;
    const refused = new RefusedRows(runs);
    try {
      const recheck = new Recheck({
        ...{ rows, source, present, refused, findings, signal: this.#signal },
        facts: target.meta,
        coerceText: settings.coerceText,
        settleMs: this.#options.settleMs ?? DEFAULT_SETTLE_MS,
        onProgress: (count) => this.#meter.rows(count),
      });
      const counts = await recheck.run();
      const repair = this.#options.repair === true ? await this.#repair(findings, recheck) : null;
      return { recheck: counts, repair };
    } finally {
      refused.close();
      await present?.close();
    }
  }

  #repair(findings: FindingsFile, recheck: Recheck): Promise<RepairResult> {
    this.#meter.enter("repair", null);
    return repairRows(this.#plan, this.#options, findings, {
      signal: this.#signal,
      recheck: (ids) => recheck.ofCandidates(ids),
    });
  }

  /**
   * What is no cell cannot be compared with one.
   *
   * @returns what kept it from being looked for
   */
  async #addForeign(findings: FindingsFile): Promise<readonly UncheckedRange[]> {
    const keys = await this.#open.rows.foreignKeys().catch((error: unknown) => error);
    if (keys instanceof OctoloadError) {
      return [{ range: "keys that are no cells", code: keys.code, message: keys.message }];
    }
    if (!Array.isArray(keys)) throw keys;
    for (const key of keys as readonly string[]) {
      findings.addFinding(null, {
        ...{ class: "extra", level: 0, code: "0", columns: [], sourceColumns: [] },
        ...{ envelope: null, note: `no cell has the key ${key}`, source: null },
        ...{ writeTimeUs: null, isLive: false },
      });
    }
    return [];
  }

  #resultOf({ source }: SourceSide, fingerprint: string, checked: Checked): ValidationResult {
    const { validationId, folder, to, runs } = this.#plan;
    const [run] = runs;
    return {
      octoload: packageVersion(),
      ...{ validationId, validationDir: folder },
      exitCode: exitCodeOf(checked.checks),
      startedAt: this.#startedAt.toISOString(),
      elapsedMs: this.#meter.elapsedMs,
      target: to,
      source: {
        ...{ name: source.name, fingerprint },
        files: source.files.map(({ path }) => path),
      },
      run: run === undefined ? null : { runId: run.file.runId, runDir: run.dir },
      ...checked,
      stages: this.#meter.stages(),
    };
  }
}

function passedOver(
  { passedOver: found, states }: Comparison,
  kept: KeptRanges | undefined,
): ValidationResult["passedOver"] {
  if (kept === undefined) return null;
  return { since: kept.validationId, ...found, ofRanges: states.length };
}

function rowCounts(
  { rejected }: SourceSide,
  { sourceRows, targetRows, equal, tooDeep, excused }: Comparison,
  { refused, settled }: RecheckCounts,
): ValidationResult["rows"] {
  return {
    ...{ source: sourceRows, target: targetRows, equal, excused, refused, settled },
    rejected: tooDeep > 0 ? { ...rejected, LEVEL_TOO_DEEP: tooDeep } : rejected,
  };
}

function countedRows(
  { rejected }: SourceSide,
  { ranges }: CountedRanges,
): ValidationResult["rows"] {
  const sum = (column: "expected" | "found") => {
    return ranges.reduce((all, range) => all + range[column], 0);
  };
  return {
    ...{ source: sum("expected"), target: sum("found"), rejected },
    ...{ equal: 0, excused: 0, refused: 0, settled: 0 },
  };
}
