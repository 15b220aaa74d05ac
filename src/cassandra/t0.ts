import { describeActor } from "./actor.js";
import { requireServerClock, systemClock } from "./clock.js";
import { requireNotRestoring, restoringKey } from "./restoring.js";
import {
  decodeWriteTimes,
  stateKeys,
  WRITE_TIMES_SCOPE,
  writesBetween,
  writeTimesKeys,
} from "./state.js";
import {
  type StateEntries,
  type StateOptions,
  StatePartition,
  type StateSession,
} from "./state-partition.js";
import {
  dualWriteOff,
  dualWriteOn,
  MAX_RUNS_OF_T0,
  resetT0,
  type WriteTimes,
} from "./write-time.js";

export interface DualWriteStatus extends WriteTimes {
  /** How many runs T0 leaves room for; null without T0. */
  readonly runsLeft: bigint | null;
  /** Who set what there is, and when. */
  readonly changes: readonly StateChange[];
}

export interface StateChange {
  /** What was set: a key of the state. */
  readonly key: string;
  readonly value: string;
  readonly changedAtMs: bigint;
  readonly changedBy: string;
}

export type T0Options = Partial<StateOptions>;

/** @throws OctoloadError STATE_DAMAGED, CASSANDRA_* */
export async function readDualWriteStatus(session: StateSession): Promise<DualWriteStatus> {
  const entries = await openPartition(session, {}).read(writeTimesKeys);
  return statusOf(decodeWriteTimes(entries), entries);
}

/**
 * Sets T0 where it is not set. Services may write live from then on.
 *
 * @throws OctoloadError CLOCK_SKEW, TARGET_RESTORING, STATE_*, CASSANDRA_*
 */
export async function switchDualWriteOn(
  session: StateSession,
  options: T0Options = {},
): Promise<void> {
  const clock = options.clock ?? systemClock;
  await requireServerClock(session.client, clock);
  await changeTimes(session, options, (times) => dualWriteOn(times, clock()));
}

/**
 * Tells services to write the old system alone. T0 stays, and what was written live goes on to win.
 *
 * @throws OctoloadError STATE_*, CASSANDRA_*
 */
export async function switchDualWriteOff(
  session: StateSession,
  options: T0Options = {},
): Promise<void> {
  await changeTimes(session, options, dualWriteOff);
}

/**
 * Gives up T0 and all that was written live: later runs replace it. Only for a target that nobody
 * needs, and with every service that writes it stopped before.
 *
 * @throws OctoloadError CLOCK_SKEW, STATE_*, CASSANDRA_*
 */
export async function giveUpT0(session: StateSession, options: T0Options = {}): Promise<void> {
  const clock = options.clock ?? systemClock;
  await requireServerClock(session.client, clock);
  let resetsBefore: bigint | undefined;
  await changeTimes(session, options, (times) => {
    resetsBefore ??= times.resets;
    // Where an answer was lost, it may be done, and another T0 may have been set since.
    const isDone = times.resets > resetsBefore || times.t0 === null;
    return isDone ? times : resetT0(times, clock());
  });
}

async function changeTimes(
  session: StateSession,
  options: T0Options,
  rule: (times: WriteTimes) => WriteTimes,
): Promise<void> {
  await openPartition(session, options).change([...writeTimesKeys, restoringKey], (entries) => {
    const before = decodeWriteTimes(entries);
    const after = rule(before);
    if (after.isDualWriteOn) requireNotRestoring(entries, session.target.keyspace);
    return { result: undefined, writes: writesBetween(before, after) };
  });
}

function openPartition(session: StateSession, options: T0Options): StatePartition {
  return new StatePartition(session, WRITE_TIMES_SCOPE, { actor: describeActor(), ...options });
}

function statusOf(times: WriteTimes, entries: StateEntries): DualWriteStatus {
  const changes = Object.values(stateKeys).flatMap((key) => {
    const entry = entries.get(key);
    return entry === undefined ? [] : [{ key, ...entry }];
  });
  return { ...times, runsLeft: times.t0 === null ? null : MAX_RUNS_OF_T0 - times.t0.runs, changes };
}
