import { packageVersion } from "../native/package-version.js";
import type { RowReader } from "../target/row-reader.js";
import type { Target } from "../target/target.js";
import { type Comparison, RowComparison } from "./compare-rows.js";
import { OtherSources } from "./excused-extras.js";
import { FindingsFile } from "./findings-file.js";
import { PresentSource } from "./present-source.js";
import { ProgressMeter } from "./progress-meter.js";
import { Recheck, type RecheckCounts } from "./recheck.js";
import { RefusedRows } from "./refused-rows.js";
import type { CheckResult, FindingClass, UncheckedRange, ValidationResult } from "./result.js";
import { SourceSide } from "./source-side.js";
import type { ValidateHooks, ValidateOptions } from "./validate-options.js";
import type { ValidationPlan } from "./validation-plan.js";

/** So many findings are in the result itself. */
const LISTED_FINDINGS = 100;
const DEFAULT_SETTLE_MS = 1000;

/** A target opened for reading. */
export interface OpenTargetRows {
  readonly target: Target;
  readonly rows: RowReader;
}

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
    this.#signal = hooks.signal ?? new AbortController().signal;
    this.#meter = new ProgressMeter(hooks.onProgress);
  }

  /** @throws OctoloadError SOURCE_*, RUN_*, VALIDATION_INTERRUPTED */
  async execute(): Promise<ValidationResult> {
    const { folder } = this.#plan;
    const findings = new FindingsFile(folder);
    let source: SourceSide | undefined;
    try {
      source = await this.#readSource();
      const comparison = await this.#compare(source, findings);
      const recheck = await this.#recheck(source, findings);
      await this.#addForeign(findings);
      findings.finish();
      this.#meter.enter("done", null);
      const fingerprint = await source.source.fingerprint();
      return this.#resultOf({ source, fingerprint }, findings, comparison, recheck);
    } finally {
      findings.close();
      await source?.close();
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

  #compare(source: SourceSide, findings: FindingsFile): Promise<Comparison> {
    const { target, rows } = this.#open;
    this.#meter.enter("compare", source.cells);
    return new RowComparison({
      ...{ source, rows, findings, signal: this.#signal },
      others: new OtherSources(target.meta.sources, source.source.name),
      onProgress: (count) => this.#meter.rows(count),
    }).run();
  }

  async #recheck(source: SourceSide, findings: FindingsFile): Promise<RecheckCounts> {
    const { target, rows } = this.#open;
    const { runs, settings, source: sourceOptions } = this.#plan;
    findings.finishCandidates();
    this.#meter.enter("recheck", findings.countCandidates());
    const isWritten = rows.live !== null || sourceOptions.snapshotDir !== undefined;
    const present = isWritten ? new PresentSource(source.source, sourceOptions) : undefined;
    const refused = new RefusedRows(runs);
    try {
      return await new Recheck({
        ...{ rows, source, present, refused, findings, signal: this.#signal },
        facts: target.meta,
        coerceText: settings.coerceText,
        settleMs: this.#options.settleMs ?? DEFAULT_SETTLE_MS,
        onProgress: (count) => this.#meter.rows(count),
      }).run();
    } finally {
      refused.close();
      await present?.close();
    }
  }

  /** What is no cell cannot be compared with one. */
  async #addForeign(findings: FindingsFile): Promise<void> {
    for (const key of await this.#open.rows.foreignKeys()) {
      findings.addFinding(null, {
        ...{ class: "extra", level: 0, code: "0", columns: [], sourceColumns: [] },
        ...{ envelope: null, note: `no cell has the key ${key}`, source: null, writeTimeUs: null },
      });
    }
  }

  #resultOf(
    { source, fingerprint }: { readonly source: SourceSide; readonly fingerprint: string },
    findings: FindingsFile,
    comparison: Comparison,
    recheck: RecheckCounts,
  ): ValidationResult {
    const { validationId, folder, to, runs } = this.#plan;
    const { sourceRows, targetRows, equal, tooDeep, excused } = comparison;
    const [run] = runs;
    const unchecked = [...comparison.unchecked, ...recheck.unchecked];
    const counts = findings.countFindings();
    const { rejected } = source;
    return {
      octoload: packageVersion(),
      ...{ validationId, validationDir: folder },
      exitCode: exitCodeOf(counts, unchecked),
      startedAt: this.#startedAt.toISOString(),
      elapsedMs: this.#meter.elapsedMs,
      target: to,
      source: {
        name: source.source.name,
        fingerprint,
        files: source.source.files.map(({ path }) => path),
      },
      run: run === undefined ? null : { runId: run.file.runId, runDir: run.dir },
      rows: {
        ...{ source: sourceRows, target: targetRows, equal, excused },
        rejected: tooDeep > 0 ? { ...rejected, LEVEL_TOO_DEEP: tooDeep } : rejected,
        refused: recheck.refused,
        settled: recheck.settled,
      },
      checks: [rowsCheck(comparison, counts, unchecked)],
      findings: [...findings.findings(LISTED_FINDINGS)],
      unchecked,
      stages: this.#meter.stages(),
    };
  }
}

type Counts = Partial<Record<FindingClass, number>>;

function exitCodeOf(counts: Counts, unchecked: readonly UncheckedRange[]): 0 | 6 | 8 {
  // A row that never stood still was not checked, whatever it held.
  const { "in-flight": inFlight = 0, ...faults } = counts;
  if (Object.values(faults).some((count) => count > 0)) return 6;
  return inFlight > 0 || unchecked.length > 0 ? 8 : 0;
}

function rowsCheck(
  { sourceRows, targetRows }: Comparison,
  counts: Counts,
  unchecked: readonly UncheckedRange[],
): CheckResult {
  const status = { 0: "passed", 6: "failed", 8: "unchecked" } as const;
  return {
    check: "rows",
    status: status[exitCodeOf(counts, unchecked)],
    checked: Math.max(sourceRows, targetRows),
    findings: counts,
    notes: unchecked.map(({ range, message }) => `not read: ${range}: ${message}`),
  };
}
