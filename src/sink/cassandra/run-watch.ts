import { requireCurrentRun } from "../../cassandra/run-claim.js";
import type { CassandraSession } from "../../cassandra/session.js";
import type { ErrorCode } from "../../errors/codes.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { Layout } from "../sink.js";

const LOOK_INTERVAL_MS = 3_000;

/** That nobody could be asked says nothing of the run; whether it may go on is decided elsewhere. */
const unanswered: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CASSANDRA_FAILED",
  "CASSANDRA_TIMEOUT",
  "CASSANDRA_UNAVAILABLE",
  "CASSANDRA_UNREACHABLE",
  "STATE_BUSY",
]);

/** Looks every few seconds whether a run may still write: a later one may have pruned. */
export class RunWatch {
  readonly #look: () => Promise<unknown>;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #fault: unknown;

  constructor(session: CassandraSession, runId: string, layout: Layout) {
    this.#look = () => requireCurrentRun(session, { runId, layout });
    // It never rejects.
    this.#timer = setInterval(() => this.#lookOnce(), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** @throws OctoloadError RUN_SUPERSEDED, RUN_OTHER, STATE_DAMAGED */
  requireCurrent(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Looks now. @throws as requireCurrent() */
  async lookNow(): Promise<void> {
    await this.#looking;
    await this.#lookOnce();
    this.requireCurrent();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    if (this.#looking !== undefined) return;
    this.#looking = this.#look().then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof OctoloadError && unanswered.has(error.code)) return;
        this.#fault ??= error;
      },
    );
    await this.#looking;
    this.#looking = undefined;
  }
}
