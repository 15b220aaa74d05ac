import { type RunClaim, requireCurrentRun } from "../../cassandra/run-claim.js";
import type { CassandraSession } from "../../cassandra/session.js";
import type { ErrorCode } from "../../errors/codes.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { Layout } from "../sink.js";

const LOOK_INTERVAL_MS = 3_000;
/** Before its last word a run asks for longer. */
const LAST_LOOK_MS = 60_000;

/** That nobody could be asked says nothing of the run; whether it may go on is decided elsewhere. */
const unanswered: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CASSANDRA_FAILED",
  "CASSANDRA_TIMEOUT",
  "CASSANDRA_UNAVAILABLE",
  "CASSANDRA_UNREACHABLE",
  "STATE_BUSY",
]);

/**
 * Looks every few seconds whether a run may still write: a later one may have pruned, and its table
 * may have been made anew.
 */
export class RunWatch {
  readonly #look: (timeoutMs: number) => Promise<RunClaim>;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #fault: unknown;
  #isDualWrite = false;

  constructor(session: CassandraSession, runId: string, layout: Layout) {
    this.#look = (timeoutMs) => requireCurrentRun(session, { runId, layout }, { timeoutMs });
    // It never rejects. A run that ends while nobody answers has to wait for it.
    this.#timer = setInterval(() => this.#lookOnce(LOOK_INTERVAL_MS), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Whether T0 was set by the last look. */
  get isDualWrite(): boolean {
    return this.#isDualWrite;
  }

  /** @throws OctoloadError RUN_SUPERSEDED, RUN_OTHER, CASSANDRA_SCHEMA_LOST, STATE_DAMAGED */
  requireCurrent(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Looks now. @throws as requireCurrent() */
  async lookNow(): Promise<void> {
    await this.#looking;
    await this.#lookOnce(LAST_LOOK_MS);
    this.requireCurrent();
  }

  /** A look that is under way is not waited for: where nobody answers that takes long. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #lookOnce(timeoutMs: number): Promise<void> {
    if (this.#looking !== undefined) return;
    this.#looking = this.#look(timeoutMs).then(
      ({ t0Us }) => {
        this.#isDualWrite = t0Us !== null;
      },
      (error: unknown) => {
        if (error instanceof OctoloadError && unanswered.has(error.code)) return;
        this.#fault ??= lossOf(error);
      },
    );
    await this.#looking;
    this.#looking = undefined;
  }
}

/** The state was there when the run began: a server that takes no question of it has lost it. */
function lossOf(error: unknown): unknown {
  if (!(error instanceof OctoloadError) || error.code !== "CASSANDRA_REFUSED") return error;
  return new OctoloadError("CASSANDRA_SCHEMA_LOST", error.fault, { cause: error });
}
