import { types } from "cassandra-driver";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { describeActor } from "./actor.js";
import { requireServerClock, systemClock } from "./clock.js";
import { quoteName } from "./cql-text.js";
import { requireNotRestoring, restoringKey } from "./restoring.js";
import { requestFailure } from "./session-errors.js";
import {
  decodeRun,
  decodeTableRuns,
  decodeWriteTimes,
  encodeRun,
  firstRunKey,
  lastRunKey,
  prunedByKey,
  type RunRecord,
  runKey,
  WRITE_TIMES_SCOPE,
  writesBetween,
  writeTimesKeys,
} from "./state.js";
import {
  type Change,
  type StateEntries,
  type StateOptions,
  StatePartition,
  type StateSession,
} from "./state-partition.js";
import { readTableIdentity, requireTableOfRun } from "./table-identity.js";
import { rowTables } from "./tables.js";
import {
  claimWriteTime,
  pruneTable,
  requireNotPruned,
  type WriteTimeClaim,
  type WriteTimes,
} from "./write-time.js";

export interface RunClaim extends WriteTimeClaim {
  readonly runId: string;
  /** When T0 was set, in microseconds since 1970; null: it is not. */
  readonly t0Us: bigint | null;
}

export interface RunClaimRequest {
  readonly runId: string;
  readonly layout: Layout;
  /** The load that the run completes, where it is no load of its own. */
  readonly baseRunId?: string;
  /**
   * Taken for now, microseconds since 1970: not before the process's clock, and later where the run
   * has other targets that need it. By default the clock.
   */
  readonly nowUs?: bigint;
}

/** The run that a table was claimed for last. */
export interface LastClaim {
  readonly runId: string;
  readonly baseRunId: string;
  readonly writeTimeUs: bigint;
}

export type ClaimOptions = Partial<StateOptions>;

/**
 * Gives a run its number and its write timestamp, or, to one that has them, the same again. Nothing
 * may be written before: what a first run leaves out relies on this record. Runs that are claimed
 * at the same time get timestamps of their own, each after the one before.
 *
 * @throws OctoloadError CLOCK_SKEW; WRITE_TIMES_USED_UP; RUN_SUPERSEDED; RUN_OTHER where the id is
 *   of a run into another table; TARGET_RESTORING; STATE_*; CASSANDRA_*
 */
export async function claimRun(
  session: StateSession,
  request: RunClaimRequest,
  options: ClaimOptions = {},
): Promise<RunClaim> {
  const clock = options.clock ?? systemClock;
  await requireServerClock(session.client, clock);
  const { runId, layout, baseRunId = runId } = request;
  const table = rowTables[layout].name;
  const tableKeys = [firstRunKey(table), prunedByKey(table)];
  const keys = [...writeTimesKeys, restoringKey, runKey(runId), ...tableKeys];
  const identity = await readTableIdentity(session, layout, "all-nodes");
  return openPartition(session, options).change(
    keys,
    async (entries): Promise<Change<RunClaim>> => {
      requireNotRestoring(entries, session.target.keyspace);
      const claimed = decodeRun(entries, runId);
      if (claimed !== undefined) {
        requireSameTable(runId, claimed, table);
        requireNotPruned(decodeTableRuns(entries, table), claimed.runNumber);
        requireTableOfRun(table, claimed, identity);
        return { result: resultOf(runId, claimed, entries), writes: {} };
      }
      const before = decodeWriteTimes(entries);
      const tableRuns = decodeTableRuns(entries, table);
      const isTableEmpty = !tableRuns.hasRun && (await isEmpty(session, layout));
      const facts = { nowUs: request.nowUs ?? clock(), table: tableRuns, isTableEmpty };
      const { times, claim } = claimWriteTime(before, facts);
      const { id: tableId = "", truncatedAtMs = 0 } = identity ?? {};
      const record = { ...claim, table, tableId, truncatedAtMs, baseRunId };
      requireTableOfRun(table, record, identity);
      const writes = {
        ...writesBetween(before, times),
        [runKey(runId)]: encodeRun(record),
        [lastRunKey(table)]: runId,
        ...(facts.table.hasRun ? {} : { [firstRunKey(table)]: runId }),
      };
      return { result: resultOf(runId, claim, entries), writes };
    },
  );
}

/**
 * Records that a run is about to prune its table, and ends the earlier ones by it: a row that one
 * of them wrote afterwards would stay. To be called before the keys are listed.
 *
 * @throws OctoloadError RUN_SUPERSEDED, RUN_OTHER, STATE_*, CASSANDRA_*
 */
export async function beginPrune(
  session: StateSession,
  { runId, layout }: RunClaimRequest,
  options: ClaimOptions = {},
): Promise<void> {
  const table = rowTables[layout].name;
  const keys = [runKey(runId), firstRunKey(table), prunedByKey(table)];
  await openPartition(session, options).change(keys, (entries) => {
    const { runNumber } = requireClaimed(entries, runId, table);
    const before = decodeTableRuns(entries, table);
    const { prunedBy } = pruneTable(before, runNumber);
    const writes = prunedBy === before.prunedBy ? {} : { [prunedByKey(table)]: String(prunedBy) };
    return { result: undefined, writes };
  });
}

/**
 * A run's claim, with T0 as it is now. To be asked for at the run's checkpoints: a later run may
 * prune meanwhile, T0 may be set, and the table may have been made anew.
 *
 * @throws OctoloadError RUN_SUPERSEDED, RUN_OTHER, TARGET_RESTORING, STATE_*, CASSANDRA_*
 */
export async function requireCurrentRun(
  session: StateSession,
  { runId, layout }: RunClaimRequest,
  options: ClaimOptions = {},
): Promise<RunClaim> {
  const table = rowTables[layout].name;
  const keys = [...writeTimesKeys, restoringKey, runKey(runId), prunedByKey(table)];
  const entries = await openPartition(session, options).read(keys);
  requireNotRestoring(entries, session.target.keyspace);
  const claimed = requireClaimed(entries, runId, table);
  requireNotPruned(decodeTableRuns(entries, table), claimed.runNumber);
  requireTableOfRun(table, claimed, await readTableIdentity(session, layout));
  return resultOf(runId, claimed, entries);
}

/**
 * Runs, T0 and dual write as they are now.
 *
 * @throws OctoloadError STATE_*, CASSANDRA_*
 */
export async function readWriteTimes(session: StateSession): Promise<WriteTimes> {
  return decodeWriteTimes(await openPartition(session, {}).read(writeTimesKeys));
}

/**
 * The latest time that a run or a live write is known to have, microseconds since 1970; 0n: none.
 *
 * @throws OctoloadError STATE_*, CASSANDRA_*
 */
export async function readLastTimeUs(session: StateSession): Promise<bigint> {
  const times = await readWriteTimes(session);
  const [run, live] = [times.lastRunUs ?? 0n, times.highestLiveUs ?? 0n];
  return run > live ? run : live;
}

/**
 * undefined: no run was claimed for the layout's table.
 *
 * @throws OctoloadError STATE_*, CASSANDRA_*
 */
export async function readLastClaim(
  session: StateSession,
  layout: Layout,
): Promise<LastClaim | undefined> {
  const partition = openPartition(session, {});
  const lastKey = lastRunKey(rowTables[layout].name);
  const runId = (await partition.read([lastKey])).get(lastKey)?.value;
  if (runId === undefined) return undefined;
  const run = decodeRun(await partition.read([runKey(runId)]), runId);
  if (run === undefined) return undefined;
  return { runId, baseRunId: run.baseRunId, writeTimeUs: run.writeTimeUs };
}

function openPartition(session: StateSession, options: ClaimOptions): StatePartition {
  return new StatePartition(session, WRITE_TIMES_SCOPE, { actor: describeActor(), ...options });
}

function resultOf(runId: string, claim: WriteTimeClaim, entries: StateEntries): RunClaim {
  const { runNumber, writeTimeUs, isFirst } = claim;
  return { runId, runNumber, writeTimeUs, isFirst, t0Us: decodeWriteTimes(entries).t0?.us ?? null };
}

function requireClaimed(entries: StateEntries, runId: string, table: string): RunRecord {
  const claimed = decodeRun(entries, runId);
  if (claimed === undefined) {
    throw new OctoloadError("RUN_OTHER", `run ${runId} has no write timestamp in this target`);
  }
  requireSameTable(runId, claimed, table);
  return claimed;
}

function requireSameTable(runId: string, claimed: RunRecord, table: string): void {
  if (claimed.table === table) return;
  throw new OctoloadError(
    "RUN_OTHER",
    `run ${runId} was begun for table ${claimed.table}, not for ${table}`,
  );
}

/** Whether the layout's table, which is there, holds no row. @throws OctoloadError CASSANDRA_* */
export async function isEmpty({ client, target }: StateSession, layout: Layout): Promise<boolean> {
  const { name, partitionKey } = rowTables[layout];
  const query = `SELECT ${partitionKey.join(", ")} FROM ${quoteName(target.keyspace)}.${name} LIMIT 1`;
  const result = await client
    .execute(query, [], {
      prepare: true,
      consistency: types.consistencies.quorum,
      isIdempotent: true,
    })
    .catch((error: unknown) => {
      throw requestFailure(error, `looking whether ${name} is empty`);
    });
  return result.rows.length === 0;
}
