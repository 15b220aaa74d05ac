import { rm } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { CursorCheckpoint, SinkCheckpoint } from "../load/checkpoint.js";
import { type SinkCursor, SinkLoad } from "../load/deliver.js";
import { deriveRows } from "../load/derive-stage.js";
import { type DerivedSummary, summarizeDerived } from "../load/derived-summary.js";
import { EventLog } from "../load/event-log.js";
import { allowedErrors } from "../load/load-settings.js";
import { sortOrders } from "../load/order-key.js";
import type { Outcome, Phase, RunEvent } from "../load/progress.js";
import { ProgressTracker } from "../load/progress-tracker.js";
import { ErrorCount, type RunContext, RunInterrupted } from "../load/run-context.js";
import { RunControl } from "../load/run-control.js";
import { runDiskFailure } from "../load/run-disk.js";
import type { RunReport } from "../load/run-report.js";
import { scanSource } from "../load/scan.js";
import type { SortedRun } from "../load/sorted-run.js";
import { packageVersion } from "../native/package-version.js";
import type { Sink } from "../sink/sink.js";
import { removeCopies } from "../source/snapshot.js";
import {
  cursorsOf,
  rejectedBeforeSinks,
  requireAllAccountedFor,
  requireAllDigested,
  rowsByCode,
  settledRows,
  sumOf,
} from "./accounts.js";
import { type BegunRun, SPILL_FOLDER } from "./begin-run.js";
import { ChangedRun } from "./changed-run.js";
import { digestsOf } from "./digest-report.js";
import type { BackfillHooks } from "./hooks.js";
import { HotRun } from "./hot-run.js";
import { makeReport } from "./make-report.js";
import { openCursors } from "./open-cursors.js";
import { openSortedRun } from "./open-sorted-run.js";
import { openSourceCursor, requireSource } from "./open-source-cursor.js";
import {
  asKnownError,
  eventOfNotice,
  exitCodeOfOutcome,
  lateError,
  outcomeOfError,
  requireWithinErrors,
} from "./outcome.js";
import { requireAllKeys } from "./prune-refusals.js";
import { pruneTargets } from "./prune-targets.js";
import { writeReportFiles } from "./report-files.js";
import { RunMeasuring } from "./run-measuring.js";
import { facts, type RunParts } from "./set-up.js";
import { shardRanks } from "./shard-bounds.js";
import { watchSteering } from "./watch-steering.js";

const LOOK_INTERVAL_MS = 250;
const DERIVED_FACT = "derived";

/** One process's part of a run: from an open source and open targets to the report. */
export class BackfillRun {
  readonly #begun: BegunRun;
  readonly #parts: RunParts;
  readonly #hooks: BackfillHooks;
  readonly #hot: HotRun;
  readonly #changed: ChangedRun;
  readonly #events: EventLog;
  readonly #stop = new AbortController();
  #sorted: SortedRun | undefined;
  #derived: DerivedSummary | undefined;
  #checkpoints: CursorCheckpoint[] = [];
  readonly #measuring = new RunMeasuring();
  /** Rows may be in the targets. */
  #hasWritten = false;

  constructor(begun: BegunRun, parts: RunParts, hooks: BackfillHooks) {
    this.#begun = begun;
    this.#parts = parts;
    this.#hooks = hooks;
    this.#hot = new HotRun(parts);
    this.#changed = new ChangedRun(parts);
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
      outcome = outcomeOfError(error);
      if (outcome === "failed") failure = this.#hasWritten ? lateError(error) : error;
    }
    clearInterval(look);
    this.#hooks.signal?.removeEventListener("abort", stopping);
    return this.#end(context, outcome, failure);
  }

  async #openContextOrClose(): Promise<RunContext> {
    try {
      return await this.#openContext();
    } catch (error) {
      this.#emit({
        event: "finished",
        outcome: "failed",
        exitCode: exitCodeOfOutcome("failed", 0, error),
      });
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
    const sorted = await openSortedRun(begun, this.#parts);
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
        sinks: this.#checkpointsOfSinks(),
        rejectedByCode: rowsByCode(deadLetters),
        rejectedBeforeSinks: rejectedBeforeSinks(deadLetters),
        ...(run.prune ? { pruned: await store.countPruned(urls) } : {}),
      },
    });
    this.#parts.notices.listen((notice) => {
      if (notice.kind === "limit") tracker.sinkLimit(notice.url, notice.limit);
      else this.#emit(eventOfNotice(notice));
    });
    tracker.planned("scan", sourceRows);
    // With --changed-only all rows are read and compared once more, for each target.
    tracker.planned("derive", sourceRows * (run.changedOnly ? 1 + sinks.length : 1));
    watchSteering(control, tracker, (event) => this.#emit(event));
    return {
      settings,
      sorted,
      store,
      tracker,
      control,
      signal: this.#stop.signal,
      reportsRejected: run.shard === null || run.shard.index === 1,
      digester: this.#parts.digester,
      changed: this.#changed.sets,
      feed: this.#parts.hot,
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
    if (run.prune) requireAllKeys(await store.countDeadLetters());
    if (run.dryRun) return "dry-run";
    if (run.shard !== null) {
      const { first, end } = shardRanks(run.shard, this.#derived?.rows ?? 0);
      tracker.total(end - first + rejectedBeforeSinks(await store.countDeadLetters()));
    }
    await this.#changed.find((sink) => this.#openCursors(sink, [], context), context);
    await this.#measuring.lookAtSpill(join(this.#begun.runDir, SPILL_FOLDER));
    const derived = this.#requireDerived();
    await this.#beginSinks(derived);
    await this.#hot.begin(derived, context);
    this.#hasWritten = true;
    this.#enter("load", context);
    await this.#load(context);
    if (errors.isOver) return "max-errors";
    if (run.digests) requireAllDigested(this.#checkpoints);
    if (run.shard === null) {
      const letters = await store.countDeadLetters();
      requireAllAccountedFor(sorted.mark.selected, this.#checkpointsOfSinks(), letters);
    }
    if (run.prune) {
      this.#enter("prune", context);
      await pruneTargets(this.#parts, context);
    }
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
    for (const order of sortOrders) {
      const folder = join(this.#begun.runDir, SPILL_FOLDER, `derived-${order}`);
      await rm(folder, { recursive: true, force: true });
    }
  }

  #requireDerived(): DerivedSummary {
    if (this.#derived === undefined) throw new OctoloadError("INTERNAL", "a run was not derived");
    return this.#derived;
  }

  /** Nothing is written to any target before all have agreed. */
  async #beginSinks({ topmost }: DerivedSummary): Promise<void> {
    const { sinks } = this.#parts;
    for (const sink of sinks) await sink.requireApart(topmost);
    for (const sink of sinks) await sink.begin(topmost);
  }

  async #load(context: RunContext): Promise<void> {
    const loads = this.#parts.sinks.map(async (sink) => {
      try {
        await this.#loadSink(sink, context);
      } catch (error) {
        // The other sinks end too, in order. Too many errors end them by themselves.
        if (!(error instanceof RunInterrupted)) this.#stop.abort();
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

  async #loadSink(sink: Sink, context: RunContext): Promise<void> {
    const cursors = await this.#openCursors(sink, this.#checkpoints, context);
    if (cursors.every(({ checkpoint }) => checkpoint.isDone)) return;
    await new SinkLoad(sink, this.#parts.run.source.files, context).run(cursors);
  }

  async #openCursors(
    { url, order, cursors }: Sink,
    known: readonly CursorCheckpoint[],
    { sorted }: RunContext,
  ): Promise<readonly SinkCursor[]> {
    const { run } = this.#parts;
    const count = run.cursors[run.sinks.indexOf(url)] ?? cursors;
    const checkpoints = cursorsOf(known, url, count);
    const [first] = checkpoints;
    if (run.order === "source" && first !== undefined) {
      return [await openSourceCursor(sorted, this.#parts, first)];
    }
    const cells = this.#derived?.rows ?? 0;
    return openCursors(sorted, { order, count, shard: run.shard, cells }, checkpoints);
  }

  #checkpointsOfSinks(): SinkCheckpoint[] {
    return this.#parts.sinks.map(({ url }) => sumOf(this.#checkpoints, url));
  }

  async #end(context: RunContext, outcome: Outcome, failure: unknown): Promise<RunReport> {
    const exitCode = exitCodeOfOutcome(outcome, context.errors.rejected, failure);
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
    const error = failure === undefined ? undefined : asKnownError(failure);
    try {
      const report = await this.#makeReport(context, outcome, exitCode, error);
      await writeReportFiles(this.#begun.runDir, this.#parts.run, report, this.#checkpoints);
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
    const { run, redriveRows, sinks } = this.#parts;
    const checkpoints = this.#checkpointsOfSinks();
    const deadLetters = await store.countDeadLetters();
    const hot = await this.#hot.end(context);
    return makeReport({
      version: packageVersion(),
      run,
      outcome,
      exitCode,
      error,
      // Of a shard nobody knows its rows before they are sent.
      total: run.shard === null ? sorted.mark.selected : settledRows(checkpoints, deadLetters),
      unreadableCreated: sorted.mark.unreadableCreated,
      goneRows: redriveRows?.gone.rows ?? 0,
      layouts: new Map(sinks.map(({ url, layout }) => [url, layout])),
      checkpoints,
      digests: digestsOf(run, this.#checkpoints),
      changed: this.#changed.found,
      pruned: run.prune ? await store.countPruned(sinks.map(({ url }) => url)) : [],
      deadLetters,
      derived: this.#derived,
      hot,
      tracker,
      measures: this.#measuring.measures(sinks.map(({ url }) => url)),
    });
  }

  async #removeSorted(): Promise<void> {
    await rm(join(this.#begun.runDir, SPILL_FOLDER), { recursive: true, force: true });
    const { source, run } = this.#parts;
    // A resumed run may have had no need to open the copies that it was begun with.
    if (source === undefined) await removeCopies(run.source.snapshots ?? []);
    else await source.removeSnapshots();
  }

  async #close(): Promise<void> {
    await this.#hot.close();
    for (const sink of this.#parts.sinks) await sink.close().catch(() => undefined);
    await this.#parts.source?.close().catch(() => undefined);
    await this.#sorted?.close().catch(() => undefined);
    await this.#events.close();
  }

  #enter(phase: Phase, { tracker }: RunContext): void {
    tracker.phase(phase);
    this.#measuring.enter(phase);
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
