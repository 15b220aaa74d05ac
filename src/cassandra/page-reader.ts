import { setTimeout as sleep } from "node:timers/promises";
import { type Client, errors, types } from "cassandra-driver";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { PageSize } from "./page-size.js";
import { requestFailure } from "./session-errors.js";

/** A row as the driver gives it, by the names of the columns. */
export type CqlRow = Readonly<Record<string, unknown>>;

/** A prepared SELECT that is read in pages. */
export interface PageQuery {
  readonly cql: string;
  readonly params: readonly (bigint | number | string)[];
  /** For messages, such as "reading octree_nodes". */
  readonly what: string;
  /** The same rows by queries over parts of the range; undefined: it cannot be divided. */
  readonly halves?: () => readonly PageQuery[];
}

export interface Page<Row = CqlRow> {
  readonly rows: readonly Row[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: string | undefined;
}

/** Asks the cluster for one page. */
export type FetchPage<Row = CqlRow> = (
  query: PageQuery,
  fetchSize: number,
  pageState: string | undefined,
) => Promise<Page<Row>>;

/** Asks by a session, at its consistency. */
export function pageFetcher(client: Client): FetchPage {
  return async ({ cql, params }, fetchSize, pageState) => {
    const page = pageState === undefined ? {} : { pageState };
    const options = { prepare: true, isIdempotent: true, fetchSize, ...page };
    const result = await client.execute(cql, [...params], options);
    return { rows: result.rows ?? [], next: result.pageState ?? undefined };
  };
}

/** How a page that does not come is asked for again. */
export interface RetryRule {
  /** Failures in a row. */
  readonly attempts: number;
  /** Twice as long after each. */
  readonly firstPauseMs: number;
}

const defaultRetry: RetryRule = { attempts: 7, firstPauseMs: 100 };
const MAX_PAUSE_MS = 10_000;
/** A range that times out again and again is halved so many times: 1/16 is left. */
const MAX_HALVINGS = 4;
const FAILURES_BEFORE_HALVING = 2;

/** What goes away by itself: a node that restarts, is busy, or collects garbage. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CASSANDRA_TIMEOUT",
  "CASSANDRA_UNAVAILABLE",
  "CASSANDRA_UNREACHABLE",
]);

/**
 * Reads queries page by page. A page that does not come in time, or that a node gives up because too
 * many tombstones lie in it, is asked for again with fewer rows; where the very first page does not
 * come, over half of the range.
 */
export class PageReader<Row = CqlRow> {
  readonly #fetch: FetchPage<Row>;
  readonly #retry: RetryRule;

  constructor(fetch: FetchPage<Row>, retry: RetryRule = defaultRetry) {
    this.#fetch = fetch;
    this.#retry = retry;
  }

  /**
   * Each row once, as long as nobody changes the table.
   *
   * @param size is told of failures; the caller tells it of pages
   * @throws OctoloadError CASSANDRA_*
   */
  async *pages(
    query: PageQuery,
    size: PageSize,
    signal?: AbortSignal,
    halvingsLeft = MAX_HALVINGS,
  ): AsyncGenerator<readonly Row[], void> {
    let next: string | undefined;
    let failures = 0;
    for (;;) {
      signal?.throwIfAborted();
      const page = await this.#tryFetch(query, size, next, failures);
      if (page instanceof OctoloadError) {
        failures += 1;
        await this.#pause(failures, signal);
        const isHalved =
          next === undefined && isTooMuch(page) && failures >= FAILURES_BEFORE_HALVING;
        if (!isHalved || query.halves === undefined || halvingsLeft === 0) continue;
        for (const half of query.halves()) yield* this.pages(half, size, signal, halvingsLeft - 1);
        return;
      }
      failures = 0;
      if (page.rows.length > 0) yield page.rows;
      next = page.next;
      if (next === undefined) return;
    }
  }

  /** Returns a failure that may pass, and throws any other. */
  async #tryFetch(
    query: PageQuery,
    size: PageSize,
    next: string | undefined,
    failuresBefore: number,
  ): Promise<Page<Row> | OctoloadError> {
    try {
      return await this.#fetch(query, size.rows, next);
    } catch (error) {
      const failure = requestFailure(error, query.what);
      const mayPass = passing.has(failure.code) || isTooMuch(failure);
      if (!mayPass || failuresBefore + 1 >= this.#retry.attempts) throw failure;
      size.shrink();
      return failure;
    }
  }

  async #pause(failures: number, signal: AbortSignal | undefined): Promise<void> {
    const longest = Math.min(MAX_PAUSE_MS, this.#retry.firstPauseMs * 2 ** (failures - 1));
    // Those that failed at the same moment do not come again at the same moment.
    const pauseMs = longest * (0.5 + Math.random() / 2);
    // Whether it was aborted is asked by the caller, who throws the signal's own reason.
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Fewer rows may come where these did not. */
function isTooMuch({ code, cause }: OctoloadError): boolean {
  if (code === "CASSANDRA_TIMEOUT") return true;
  return (
    cause instanceof errors.ResponseError && cause.code === types.responseErrorCodes.readFailure
  );
}
