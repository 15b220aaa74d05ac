import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFacts, type RunDescription } from "../backfill/describe-run.js";
import { columnSetsFor } from "../backfill/set-up.js";
import { type LoadSettings, MIN_MEMORY_BYTES } from "../load/load-settings.js";
import { columnsOfFiles, rowidsOf } from "../load/scan.js";
import { sendableRows } from "../load/sendable-rows.js";
import { type Chunk, type Delivery, SortedRun } from "../load/sorted-run.js";
import { nothingRecorded } from "../sink/recorded-target.js";
import type { Sink } from "../sink/sink.js";
import { viewSinkBatch } from "../sink/sink-batch.js";
import type { Source } from "../source/source.js";
import type { PlannedRun } from "./check-targets.js";
import { openScratch } from "./scratch-target.js";
import type { ProbeResult, TargetFindings } from "./target-findings.js";

/** Rows that are written, again and again where there is time: a write of the same costs the same. */
const PROBE_ROWS = 40_000;
const BLOCK = { maxRows: 8192, maxBytes: 4 * 2 ** 20 };
const BATCH_ROWS = 4096;
const BATCH_BYTES = 2 ** 20;
/** A server's first second is slower than those that follow. */
const WARM_UP_MS = 1000;
const MEASURED_MS = 3000;

/** What a probe writes, and with what. */
export type ProbeOptions = Omit<PlannedRun, "settings"> & {
  readonly settings: LoadSettings;
  readonly signal: AbortSignal;
};

/**
 * Loads some of the source's own rows for a few seconds, on the way a load takes: into a keyspace or
 * a file of its own beside the target, which is removed again.
 *
 * @throws OctoloadError CASSANDRA_*, TARGET_*, SOURCE_*
 */
export async function probeTarget(
  findings: TargetFindings,
  options: ProbeOptions,
): Promise<ProbeResult> {
  const scratch = await openScratch(findings);
  try {
    const measured = await withSample(scratch.sink, options, (sorted) =>
      writeForAWhile(scratch.sink, sorted, options.signal),
    );
    return { ...measured, left: await scratch.remove() };
  } catch (error) {
    await scratch.remove().catch(() => undefined);
    throw error;
  }
}

/** Rows from several places of the source, derived and sorted as a load would, without the rest. */
async function withSample<T>(
  sink: Sink,
  { source, settings, run }: ProbeOptions,
  use: (sorted: SortedRun) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "octoload-probe-"));
  const { minLevel, maxLevel } = { minLevel: settings.levels.min, maxLevel: settings.levels.max };
  const sorted = await SortedRun.open({
    ...{ folder, identity: "probe", memoryBytes: MIN_MEMORY_BYTES, orders: [sink.order] },
    ...{ frame: settings.frame, coerceText: settings.coerceText, minLevel, maxLevel },
    limit: Number.MAX_SAFE_INTEGER,
    selection: undefined,
  });
  try {
    await fill(sorted, source);
    await openTarget(sink, source, { settings, run });
    return await use(sorted);
  } finally {
    await sorted.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(sorted: SortedRun, source: Source): Promise<void> {
  const columns = columnsOfFiles(
    source,
    source.files.map(({ columnSet }) => columnSet),
  );
  // In the source's order: a row may not come before one that was added.
  for (const { file, afterRowid, lastRowid } of await source.ranges(PROBE_ROWS / BLOCK.maxRows)) {
    const of = columns[file];
    const block = await source.read(file, afterRowid, BLOCK, lastRowid);
    if (of === undefined || block === null) continue;
    await sorted.add(new Uint8Array(block), rowidsOf(block).length, of);
  }
  await sorted.finishInput();
  await sorted.openDerivation();
  for (let isDone = false; !isDone; ) ({ isDone } = await sorted.derive(65_536));
  await sorted.finishDerivation();
}

async function openTarget(
  sink: Sink,
  source: Source,
  {
    settings,
    run,
  }: { settings: LoadSettings; run: Pick<RunDescription, "source" | "runId" | "addSource"> },
): Promise<void> {
  const sets = columnSetsFor(source, [{ recorded: nothingRecorded }]);
  const facts = loadFacts(run, sets, { settings });
  const nowUs = BigInt(Date.now()) * 1000n;
  const writeTimeUs = (await sink.claim?.(facts, nowUs)) ?? nowUs;
  await sink.open({ ...facts, writeTimeUs });
  await sink.begin({ cells: [], coarsenedTo: null });
}

async function writeForAWhile(
  sink: Sink,
  sorted: SortedRun,
  signal: AbortSignal,
): Promise<Omit<ProbeResult, "left">> {
  const beginMs = performance.now();
  let [rows, measuredRows, sinceMs] = [0, 0, beginMs];
  const isOver = () => signal.aborted || performance.now() - beginMs > WARM_UP_MS + MEASURED_MS;
  do {
    const written = await writeOnce(sink, await sorted.openDelivery(sink.order), isOver);
    if (written === 0) break;
    rows += written;
    const nowMs = performance.now();
    // What came before the server was warm counts only where nothing else does.
    if (sinceMs === beginMs && nowMs - beginMs >= WARM_UP_MS && !isOver()) {
      sinceMs = nowMs;
      measuredRows = 0;
    } else {
      measuredRows += written;
    }
  } while (!isOver());
  await sink.finish();
  const elapsedMs = performance.now() - sinceMs;
  const rowsPerSecond = measuredRows === 0 ? 0 : Math.round((measuredRows / elapsedMs) * 1000);
  return { rows, rowsPerSecond, elapsedMs: Math.round(performance.now() - beginMs) };
}

/** All rows once, or those that could be sent in time. @returns how many */
async function writeOnce(sink: Sink, delivery: Delivery, isOver: () => boolean): Promise<number> {
  const batches = Math.max(1, Math.floor(sink.inFlightRows / BATCH_ROWS));
  const rowsABatch = Math.min(BATCH_ROWS, sink.maxBatchRows ?? BATCH_ROWS);
  const onTheWay = new Set<Promise<void>>();
  let rows = 0;
  for (let isEnd = false; !isEnd && !isOver(); ) {
    const chunk: Chunk = await delivery.next(rowsABatch, new SharedArrayBuffer(BATCH_BYTES));
    isEnd = chunk.isEnd;
    if (chunk.block === undefined) continue;
    const { batch } = sendableRows(viewSinkBatch(chunk.block), sink.maxLevel);
    if (batch.rows === 0) continue;
    const sent = sink.write(batch).then(() => {
      rows += batch.rows;
      onTheWay.delete(sent);
    });
    onTheWay.add(sent);
    // Handled where they are awaited; until then another one may fail first.
    sent.catch(() => undefined);
    if (onTheWay.size >= batches) await Promise.race(onTheWay);
  }
  await Promise.all(onTheWay);
  return rows;
}
