import { join } from "node:path";
import Database from "better-sqlite3";
import { BackfillRun } from "../../src/backfill/backfill-run.js";
import { beginRun } from "../../src/backfill/begin-run.js";
import type { BackfillHooks } from "../../src/backfill/hooks.js";
import { setUp } from "../../src/backfill/set-up.js";
import { type BackfillOptions, MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { RunReport } from "../../src/load/run-report.js";
import type { Sink, SinkOrder } from "../../src/sink/sink.js";
import type { SinkBatch } from "../../src/sink/sink-batch.js";
import type { BackfillCase } from "./backfill-case.js";

export interface SinkChanges {
  readonly cursors: number;
  readonly order?: SinkOrder;
  readonly inFlightRows?: number;
  readonly maxBatchRows?: number;
  /** Called before a batch goes to the sink; what it throws is the sink's failure. */
  readonly beforeWrite?: (batch: SinkBatch) => Promise<void> | void;
  /** As Sink.giveUp(). */
  readonly giveUp?: (reason: unknown) => void;
}

/** What a sink was asked for. */
export interface SinkLog {
  /** "level code" of each row that was written. */
  readonly keys: string[];
  /** Of each batch that was written. */
  readonly batchRows: number[];
  mostRowsInFlight: number;
  finished: number;
}

/** A real sink whose rows are read by several cursors, and whose writes are watched. */
function watched(sink: Sink, changes: SinkChanges, log: SinkLog): Sink {
  const { beforeWrite, ...facts } = changes;
  let inFlight = 0;
  const own: Partial<Sink> = {
    ...facts,
    write: async (batch) => {
      const keys = keysOfBatch(batch);
      inFlight += keys.length;
      log.mostRowsInFlight = Math.max(log.mostRowsInFlight, inFlight);
      try {
        await beforeWrite?.(batch);
        const result = await sink.write(batch);
        log.keys.push(...keys);
        log.batchRows.push(keys.length);
        return result;
      } finally {
        inFlight -= keys.length;
      }
    },
    finish: () => {
      log.finished += 1;
      return sink.finish();
    },
  };
  return new Proxy(sink, {
    get: (_, name) => {
      const value: unknown = Reflect.get(name in own ? own : sink, name);
      return typeof value === "function" ? value.bind(sink) : value;
    },
  });
}

export interface WatchedLoad {
  readonly report: RunReport;
  readonly sink: SinkLog;
}

/** Begins or resumes a case's run; a new one with as many cursors as `changes` say. */
export async function loadWithCursors(
  { source, target, runDir }: BackfillCase,
  changes: SinkChanges,
  options: BackfillOptions = {},
  hooks: BackfillHooks = {},
): Promise<WatchedLoad> {
  const usual = { sources: [source], to: [`sqlite:${target}`], runDir };
  const begun = await beginRun({ memoryBytes: MIN_MEMORY_BYTES, ...usual, ...options });
  try {
    const parts = await setUp(begun);
    const sink: SinkLog = { keys: [], batchRows: [], mostRowsInFlight: 0, finished: 0 };
    const sinks = parts.sinks.map((one) => watched(one, changes, sink));
    const cursors = sinks.map((one) => one.cursors);
    const run = begun.earlier === undefined ? { ...parts.run, cursors } : parts.run;
    const report = await new BackfillRun(begun, { ...parts, run, sinks }, hooks).execute();
    return { report, sink };
  } finally {
    await begun.store.close();
  }
}

export interface CursorRow {
  readonly cursor: number;
  readonly loaded: number;
  readonly is_done: number;
}

/** What a run that has ended says of its cursors. */
export function cursorRows(runDir: string): CursorRow[] {
  const database = new Database(join(runDir, "checkpoint.sqlite"), { readonly: true });
  const rows = database
    .prepare<[], CursorRow>("SELECT cursor, loaded, is_done FROM cursors ORDER BY url, cursor")
    .all();
  database.close();
  return rows;
}

/** "level code" of each row. */
export function keysOfBatch({ rows, levels, tiles, cells }: SinkBatch): string[] {
  return Array.from({ length: rows }, (_, i) => {
    const code = (tiles[i] ?? 0n) * 32_768n + BigInt(cells[i] ?? 0);
    return `${levels[i]} ${code}`;
  });
}
