import type { RowDigester } from "../encoding/row-digester.js";
import type { LoadSettings } from "./load-settings.js";
import type { RunEvent } from "./progress.js";
import type { ProgressTracker } from "./progress-tracker.js";
import type { RunControl } from "./run-control.js";
import type { RunStore } from "./run-store.js";
import type { SinkFeed } from "./sink-feed.js";
import type { SortedRun } from "./sorted-run.js";

/** What reading a source and deriving from it need, with a target or without. */
export interface StageContext {
  readonly settings: LoadSettings;
  readonly sorted: SortedRun;
  readonly store: Pick<RunStore, "addDeadLetters">;
  readonly tracker: ProgressTracker;
  readonly control: Pick<RunControl, "createGate">;
  /** Aborted when the run is to end: what is on the way is finished, nothing new begun. */
  readonly signal: AbortSignal;
  readonly errors: ErrorCount;
  /** Of several shards the first one alone reports the rows that no sink is offered. */
  readonly reportsRejected: boolean;
}

/** What the stages of a run share. */
export interface RunContext extends StageContext {
  readonly store: RunStore;
  readonly control: RunControl;
  /** undefined: the run keeps no digests of its rows. */
  readonly digester?: RowDigester | undefined;
  /** By a sink's URL the Morton ranges whose rows it gets; one that is not there gets all. */
  readonly changed?: ReadonlyMap<string, ReadonlySet<number>>;
  /** Takes what one of the sinks has acknowledged. */
  readonly feed?: SinkFeed | undefined;
  emit(event: RunEvent): void;
}

/** Why a run stopped before its end without anything being wrong. */
export class RunInterrupted extends Error {
  override get name(): string {
    return "RunInterrupted";
  }
}

/** Counts rejected rows against --max-errors. */
export class ErrorCount {
  readonly #allowed: number;
  readonly #over = new AbortController();
  #rejected: number;

  constructor(allowed: number, rejected: number) {
    this.#allowed = allowed;
    this.#rejected = 0;
    this.add(rejected);
  }

  get rejected(): number {
    return this.#rejected;
  }

  get allowed(): number {
    return this.#allowed;
  }

  get isOver(): boolean {
    return this.#rejected > this.#allowed;
  }

  /** Aborted by the row that is one too many: nobody needs to wait any longer. */
  get overSignal(): AbortSignal {
    return this.#over.signal;
  }

  add(rows: number): void {
    this.#rejected += rows;
    if (this.isOver) this.#over.abort();
  }
}
