import { rm } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { SinkCheckpoint } from "../load/checkpoint.js";
import { SinkLoad } from "../load/deliver.js";
import { deriveRows } from "../load/derive-stage.js";
import { type DerivedSummary, summarizeDerived } from "../load/derived-summary.js";
import { EventLog } from "../load/event-log.js";
import { allowedErrors } from "../load/load-settings.js";
import type { Outcome, Phase, RunEvent } from "../load/progress.js";
import { ProgressTracker } from "../load/progress-tracker.js";
import { ErrorCount, type RunContext, RunInterrupted } from "../load/run-context.js";
import { RunControl } from "../load/run-control.js";
import { runDiskFailure } from "../load/run-disk.js";
import { writeRunFile } from "../load/run-file.js";
import type { RunReport } from "../load/run-report.js";
import { writeJsonFile } from "../load/run-status.js";
import { scanSource } from "../load/scan.js";
import { SortedRun } from "../load/sorted-run.js";
import { packageVersion } from "../native/package-version.js";
import { writeReportHtml } from "../report/write-report.js";
import type { Sink } from "../sink/sink.js";
import type { Source } from "../source/source.js";
import { type BegunRun, REPORT_FILE, REPORT_PAGE, SPILL_FOLDER } from "./begin-run.js";
import { requireRoom } from "./disk-room.js";
import type { BackfillHooks } from "./hooks.js";
import { makeReport, rejectedBeforeSinks } from "./make-report.js";
import { facts, type RunParts } from "./set-up.js";
import { shardBounds, shardRanks } from "./shard-bounds.js";

const LOOK_INTERVAL_MS = 250;
const DERIVED_FACT = "derived";

/** Of a dry run that would reject rows: 1. */
const exitCodesOfOutcome: Readonly<Record<Outcome, number>> = {
  done: 0,
  "dry-run": 0,
  rejected: 1,
  "max-errors": 2,
  interrupted: 4,
  failed: 5,
};

/** One process's part of a run: from an open source and open targets to the report. */
export class BackfillRun {
  readonly #begun: BegunRun;
  readonly #parts: RunParts;
  readonly #hooks: BackfillHooks;
  readonly #events: EventLog;
  readonly #stop = new AbortController();
  #sorted: SortedRun | undefined;
  #derived: DerivedSummary | undefined;
  #checkpoints: SinkCheckpoint[] = [];

  constructor(begun: BegunRun, parts: RunParts, hooks: BackfillHooks) {
    this.#begun = begun;
    this.#parts = parts;
    this.#hooks = hooks;
    this.#events = new EventLog(begun.runDir);
  }

  /** @throws OctoloadError of what ended it, after the report was written */
  async execute(): Promise<RunReport> {
    const { runDir, runId, earlier } = this.#begun;
    this.#emit({ event: "started", runId, runDir, resumed: earlier !== undefined });
    this.#warnOfGoneRows();
    const context = await this.#openContextOrClose();
    const stopping = () => {
      this.#emit({ event: "stopping" });
      this.#stop.abort();
    };
    this.#hooks.signal?.addEventListener("abort", stopping, { once: true });
    if (this.#hooks.signal?.aborted === true) stopping();
    const look = setInterval(() => this.#look(context), LOOK_INTERVAL_MS);
    let failure: unknown;
    let outcome: Outcome;
    try {
      outcome = await this.#phases(context);
    } catch (error) {
      outcome = outcomeOf(error);
      if (outcome === "failed") failure = error;
    }
    clearInterval(look);
    this.#hooks.signal?.removeEventListener("abort", stopping);
    return this.#end(context, outcome, failure);
  }

  async #openContextOrClose(): Promise<RunContext> {
    try {
      return await this.#openContext();
    } catch (error) {
      this.#emit({ event: "finished", outcome: "failed", exitCode: exitCodesOfOutcome.failed });
      await this.#close();
      throw error;
    }
  }

  #warnOfGoneRows(): void {
    const { rows = 0, examples = [] } = this.#parts.redriveRows?.gone ?? {};
    if (rows === 0) return;
    const others = rows > examples.length ? ` and ${rows - examples.length} more` : "";
    const message = `Not in the source any more: ${examples.join(", ")}${others}.`;
    this.#emit({ event: "warning", code: "REDRIVE_ROW_GONE", message });
  }

  async #openContext(): Promise<RunContext> {
    const { begun, run, sinks } = { begun: this.#begun, ...this.#parts };
    const { settings, store, runDir, runId, options } = begun;
    const sourceRows = run.source.files.reduce((sum, { rows }) => sum + rows, 0);
    await requireRoom(begun, run, sinks);
    const sorted = await SortedRun.open({
      folder: join(runDir, SPILL_FOLDER),
      identity: identityOf(run),
      memoryBytes: settings.memoryBytes,
      orders: [...new Set(sinks.map(({ order }) => order))],
      frame: settings.frame,
      coerceText: settings.coerceText,
      minLevel: settings.levels.min,
      maxLevel: settings.levels.max,
      limit: settings.limit ?? Number.MAX_SAFE_INTEGER,
      selection: this.#parts.redriveRows?.selection,
    });
    this.#sorted = sorted;
    const deadLetters = await store.countDeadLetters();
    const rejected = deadLetters.reduce((sum, { rows }) => sum + rows, 0);
    const urls = sinks.map(({ url }) => url);
    this.#checkpoints = await store.checkpoints();
    const control = await RunControl.open({ runDir, runId, rowsPerSecond: options.rowsPerSecond });
    const tracker = new ProgressTracker({
      runId,
      sinkUrls: urls,
      nowMs: () => performance.now(),
      earlier: {
        scanned: sorted.mark.rows,
        sinks: this.#checkpoints.filter(({ url }) => urls.includes(url)),
        rejectedByCode: totals(deadLetters),
        rejectedBeforeSinks: rejectedBeforeSinks(deadLetters),
      },
    });
    tracker.planned("scan", sourceRows);
    tracker.planned("derive", sourceRows);
    tracker.rateLimit(control.settings.rowsPerSecond);
    control.onChange((now, before) => {
      tracker.paused(now.isPaused);
      tracker.rateLimit(now.rowsPerSecond);
      if (now.isPaused !== before.isPaused) {
        this.#emit({ event: now.isPaused ? "paused" : "resumed" });
      }
      if (now.rowsPerSecond !== before.rowsPerSecond) {
        this.#emit({ event: "rate", rowsPerSecond: now.rowsPerSecond });
      }
    });
    return {
      settings,
      sorted,
      store,
      tracker,
      control,
      signal: this.#stop.signal,
      reportsRejected: run.shard === null || run.shard.index === 1,
      errors: new ErrorCount(allowedErrors(settings.maxErrors, sourceRows), rejected),
      emit: (event) => this.#emit(event),
    };
  }

  async #phases(context: RunContext): Promise<Outcome> {
    const { source, columnSets, run } = this.#parts;
    const { sorted, store, tracker, errors } = context;
    this.#enter("scan", context);
    if (sorted.hasAllInput) await sorted.finishInput();
    else await scanSource(requireSource(source), columnSets, context);
    tracker.total(sorted.mark.selected);
    await store.putFact(facts.sorted, true);
    requireWithinErrors(errors);
    this.#enter("derive", context);
    await this.#derive(context);
    requireWithinErrors(errors);
    if (run.dryRun) return "dry-run";
    if (run.shard !== null) {
      const { first, end } = shardRanks(run.shard, this.#derived?.rows ?? 0);
      tracker.total(end - first + rejectedBeforeSinks(await store.countDeadLetters()));
    }
    this.#enter("load", context);
    await this.#load(context);
    if (errors.isOver) return "max-errors";
    await this.#requireAllAccountedFor(context);
    this.#enter("done", context);
    return errors.rejected > 0 ? "rejected" : "done";
  }

  async #derive(context: RunContext): Promise<void> {
    const { store } = context;
    const known = await store.fact(DERIVED_FACT);
    // What was derived without its summary is derived again: it is small work.
    if (known === undefined) await this.#forgetDerived();
    const derived = await deriveRows(this.#parts.run.source.files, this.#parts.source, context);
    if (derived === undefined) {
      this.#derived = known as DerivedSummary;
      return;
    }
    this.#derived = summarizeDerived(derived);
    await store.putFact(DERIVED_FACT, this.#derived);
  }

  async #forgetDerived(): Promise<void> {
    for (const order of ["node", "tile"]) {
      const folder = join(this.#begun.runDir, SPILL_FOLDER, `derived-${order}`);
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #load(context: RunContext): Promise<void> {
    const { sinks, run } = this.#parts;
    const loads = sinks.map(async (sink) => {
      const checkpoint = this.#checkpointOf(sink);
      if (checkpoint.isDone) return;
      const bounds = await shardBounds(
        context.sorted,
        sink.order,
        run.shard,
        this.#derived?.rows ?? 0,
      );
      if (bounds === "empty") return;
      const load = new SinkLoad(sink, checkpoint, run.source.files, context);
      const from = checkpoint.position ?? bounds.lower;
      const delivery = await context.sorted.openDelivery(sink.order, from, bounds.upper);
      try {
        await load.run(delivery);
      } catch (error) {
        this.#stop.abort();
        throw error;
      }
    });
    const ended = await Promise.allSettled(loads);
    this.#checkpoints = await context.store.checkpoints();
    const errors = ended.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
    const [gravest] = errors.filter((error) => !(error instanceof RunInterrupted));
    if (gravest !== undefined) throw gravest;
    // Without an abort it was the number of rejected rows that stopped the sinks.
    if (errors.length > 0 && this.#stop.signal.aborted) throw errors[0];
  }

  #checkpointOf({ url }: Sink): SinkCheckpoint {
    const known = this.#checkpoints.find((checkpoint) => checkpoint.url === url);
    return known ?? { url, position: null, loaded: 0, rejected: 0, skipped: 0, isDone: false };
  }

  /** Of a shard: the rows it met, which no process knows before it has sent them. */
  async #totalRows({ sorted, store }: RunContext): Promise<number> {
    const { sinks, run } = this.#parts;
    if (run.shard === null) return sorted.mark.selected;
    const sent = sinks.map((sink) => {
      const { loaded, rejected, skipped } = this.#checkpointOf(sink);
      return loaded + rejected + skipped;
    });
    return Math.max(...sent) + rejectedBeforeSinks(await store.countDeadLetters());
  }

  /** Zero data loss, checked: a row that is in no count ends the run as a failure. */
  async #requireAllAccountedFor({ sorted, store }: RunContext): Promise<void> {
    if (this.#parts.run.shard !== null) return;
    const before = rejectedBeforeSinks(await store.countDeadLetters());
    for (const { url } of this.#parts.sinks) {
      const { loaded, rejected, skipped } = this.#checkpointOf({ url } as Sink);
      const counted = loaded + rejected + skipped + before;
      if (counted === sorted.mark.selected) continue;
      throw new OctoloadError(
        "ROWS_UNACCOUNTED",
        `${url}: ${sorted.mark.selected} rows were read, but ${loaded} loaded, ${rejected + before} rejected and ${skipped} skipped are ${counted}`,
      );
    }
  }

  async #end(context: RunContext, outcome: Outcome, failure: unknown): Promise<RunReport> {
    const isDryFault = outcome === "dry-run" && context.errors.rejected > 0;
    const exitCode = isDryFault ? exitCodesOfOutcome.rejected : exitCodesOfOutcome[outcome];
    try {
      const report = await this.#leaveReport(context, outcome, exitCode, failure);
      if (exitCode <= 1) await this.#removeSorted();
      this.#look(context);
      this.#emit({ event: "finished", outcome, exitCode });
      return report;
    } finally {
      await context.control.close();
      await this.#close();
    }
  }

  /** @throws what failed, also where no report can be written, as on a full disk */
  async #leaveReport(
    context: RunContext,
    outcome: Outcome,
    exitCode: number,
    failure: unknown,
  ): Promise<RunReport> {
    const error = failure === undefined ? undefined : asKnown(failure);
    try {
      const report = await this.#makeReport(context, outcome, exitCode, error);
      await this.#writeReport(report, outcome);
      if (failure === undefined) return report;
    } catch (writing) {
      if (failure === undefined) throw runDiskFailure(this.#begun.runDir, writing);
    }
    this.#look(context);
    this.#emit({ event: "finished", outcome, exitCode });
    throw failure;
  }

  async #makeReport(
    context: RunContext,
    outcome: Outcome,
    exitCode: number,
    error: OctoloadError | undefined,
  ): Promise<RunReport> {
    const { store, sorted, tracker } = context;
    return makeReport({
      version: packageVersion(),
      run: this.#parts.run,
      outcome,
      exitCode,
      error,
      total: await this.#totalRows(context),
      unreadableCreated: sorted.mark.unreadableCreated,
      goneRows: this.#parts.redriveRows?.gone.rows ?? 0,
      checkpoints: this.#parts.sinks.map((sink) => this.#checkpointOf(sink)),
      deadLetters: await store.countDeadLetters(),
      derived: this.#derived,
      tracker,
    });
  }

  /** run.json last: a run that says it has ended has its report. */
  async #writeReport(report: RunReport, outcome: Outcome): Promise<void> {
    const { runDir } = this.#begun;
    await writeJsonFile(join(runDir, REPORT_FILE), report);
    await writeReportHtml(join(runDir, REPORT_PAGE), report);
    await writeRunFile(runDir, { ...this.#parts.run, state: outcome });
  }

  async #removeSorted(): Promise<void> {
    await rm(join(this.#begun.runDir, SPILL_FOLDER), { recursive: true, force: true });
    await this.#parts.source?.removeSnapshots();
  }

  async #close(): Promise<void> {
    for (const sink of this.#parts.sinks) await sink.close().catch(() => undefined);
    await this.#parts.source?.close().catch(() => undefined);
    await this.#sorted?.close().catch(() => undefined);
    await this.#events.close();
  }

  #enter(phase: Phase, { tracker }: RunContext): void {
    tracker.phase(phase);
    this.#emit({ event: "phase", phase });
  }

  #look({ tracker, control }: RunContext): void {
    const progress = tracker.snapshot();
    control.publish(progress);
    this.#emit({ event: "progress", ...progress });
  }

  #emit(event: RunEvent): void {
    this.#events.write(event);
    this.#hooks.onProgress?.(event);
  }
}

/** Without it the sorted rows are the source: an empty folder in their place must not be one. */
function requireSource(source: Source | undefined): Source {
  if (source !== undefined) return source;
  throw new OctoloadError(
    "SPILL_DAMAGED",
    "the run had sorted every row, but the sorted files are incomplete or gone",
  );
}

function requireWithinErrors(errors: ErrorCount): void {
  if (!errors.isOver) return;
  throw new OctoloadError(
    "MAX_ERRORS",
    `${errors.rejected} rows were rejected, ${errors.allowed} are allowed`,
  );
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof RunInterrupted) return "interrupted";
  const isOver = error instanceof OctoloadError && error.code === "MAX_ERRORS";
  return isOver ? "max-errors" : "failed";
}

function asKnown(error: unknown): OctoloadError {
  if (error instanceof OctoloadError) return error;
  return new OctoloadError("INTERNAL", error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

function totals(letters: readonly { code: string; rows: number }[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { code, rows } of letters) sums[code] = (sums[code] ?? 0) + rows;
  return sums;
}

/** Whatever decides which rows are sorted, and what their envelopes say. */
function identityOf(run: RunParts["run"]): string {
  const { runId, source, frame, where, coerceText, levels, limit, redrive } = run;
  const all = [runId, source.fingerprint, frame, where, coerceText, levels, limit];
  return JSON.stringify(redrive === undefined ? all : [...all, redrive.selection]);
}
