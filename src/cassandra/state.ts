import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { StateEntries } from "./state-partition.js";
import { stateTable } from "./tables.js";
import {
  noWriteTimes,
  type TableRuns,
  type WriteTimeClaim,
  type WriteTimes,
} from "./write-time.js";

/** The one partition that all of this lies in, so that it changes at once. */
export const WRITE_TIMES_SCOPE = "write-times";

/** Keys of the partition; times are microseconds since 1970, decimal. */
export const stateKeys = {
  runs: "runs",
  lastRunUs: "last-run-us",
  t0Us: "t0-us",
  t0Runs: "t0-runs",
  dualWrite: "dual-write",
  highestLiveUs: "highest-live-us",
  resets: "t0-resets",
} as const;

export const writeTimesKeys: readonly string[] = Object.values(stateKeys);

export const runKey = (runId: string) => `run/${runId}`;
export const firstRunKey = (table: string) => `first-run/${table}`;
export const lastRunKey = (table: string) => `last-run/${table}`;
export const prunedByKey = (table: string) => `pruned-by/${table}`;

type Writes = Readonly<Record<string, string | null>>;

/** @throws OctoloadError STATE_DAMAGED */
export function decodeWriteTimes(entries: StateEntries): WriteTimes {
  const runs = decodeNumber(entries, stateKeys.runs) ?? noWriteTimes.runs;
  const t0Us = decodeNumber(entries, stateKeys.t0Us);
  const lastRunUs = decodeNumber(entries, stateKeys.lastRunUs);
  const dualWrite = entries.get(stateKeys.dualWrite)?.value ?? "off";
  if (dualWrite !== "on" && dualWrite !== "off") throw damaged(stateKeys.dualWrite, dualWrite);
  if (runs > 0n !== (lastRunUs !== null)) throw damaged(stateKeys.lastRunUs, lastRunUs);
  if (dualWrite === "on" && t0Us === null) throw damaged(stateKeys.t0Us, t0Us);
  return {
    runs,
    lastRunUs,
    t0: t0Us === null ? null : { us: t0Us, runs: requireNumber(entries, stateKeys.t0Runs) },
    isDualWriteOn: dualWrite === "on",
    highestLiveUs: decodeNumber(entries, stateKeys.highestLiveUs),
    resets: decodeNumber(entries, stateKeys.resets) ?? noWriteTimes.resets,
  };
}

/** What has to be written for one to become the other. */
export function writesBetween(before: WriteTimes, after: WriteTimes): Writes {
  const old = encodeWriteTimes(before);
  const changed = Object.entries(encodeWriteTimes(after)).filter(([key, value]) => {
    return value !== old[key];
  });
  return Object.fromEntries(changed);
}

function encodeWriteTimes(times: WriteTimes): Writes {
  return {
    [stateKeys.runs]: String(times.runs),
    [stateKeys.lastRunUs]: encodeNumber(times.lastRunUs),
    [stateKeys.t0Us]: encodeNumber(times.t0?.us ?? null),
    [stateKeys.t0Runs]: encodeNumber(times.t0?.runs ?? null),
    [stateKeys.dualWrite]: times.isDualWriteOn ? "on" : "off",
    [stateKeys.highestLiveUs]: encodeNumber(times.highestLiveUs),
    [stateKeys.resets]: String(times.resets),
  };
}

/** @throws OctoloadError STATE_DAMAGED */
export function decodeTableRuns(entries: StateEntries, table: string): TableRuns {
  return {
    hasRun: entries.has(firstRunKey(table)),
    prunedBy: decodeNumber(entries, prunedByKey(table)),
  };
}

/** What is kept of a run under its id. */
export interface RunRecord extends WriteTimeClaim {
  readonly table: string;
  /** The table's own id: another table of the name, made later, has another. */
  readonly tableId: string;
  /** When it had been truncated last, milliseconds since 1970; 0: never. */
  readonly truncatedAtMs: number;
  /** The load that the run completes: itself, where it is no redrive. */
  readonly baseRunId: string;
}

export function encodeRun(run: RunRecord): string {
  const { runNumber, writeTimeUs, isFirst, table, tableId, truncatedAtMs, baseRunId } = run;
  return JSON.stringify({
    runNumber: String(runNumber),
    writeTimeUs: String(writeTimeUs),
    isFirst,
    table,
    tableId,
    truncatedAtMs,
    baseRunId,
  });
}

/** undefined: the run is not claimed. @throws OctoloadError STATE_DAMAGED */
export function decodeRun(entries: StateEntries, runId: string): RunRecord | undefined {
  const text = entries.get(runKey(runId))?.value;
  if (text === undefined) return undefined;
  const facts = parseObject(text) ?? {};
  const { runNumber, writeTimeUs, isFirst, table, tableId, baseRunId = runId } = facts;
  const { truncatedAtMs } = facts;
  if (
    !isDecimal(runNumber) ||
    !isDecimal(writeTimeUs) ||
    typeof isFirst !== "boolean" ||
    typeof table !== "string" ||
    typeof tableId !== "string" ||
    typeof truncatedAtMs !== "number" ||
    typeof baseRunId !== "string"
  ) {
    throw damaged(runKey(runId), text);
  }
  const numbers = { runNumber: BigInt(runNumber), writeTimeUs: BigInt(writeTimeUs) };
  return { ...numbers, isFirst, table, tableId, truncatedAtMs, baseRunId };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function requireNumber(entries: StateEntries, key: string): bigint {
  const number = decodeNumber(entries, key);
  if (number === null) throw damaged(key, number);
  return number;
}

function decodeNumber(entries: StateEntries, key: string): bigint | null {
  const text = entries.get(key)?.value;
  if (text === undefined) return null;
  if (!isDecimal(text)) throw damaged(key, text);
  return BigInt(text);
}

/** Of at most 18 digits: what a write timestamp can be. */
function isDecimal(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,18}$/.test(value);
}

function encodeNumber(number: bigint | null): string | null {
  return number === null ? null : String(number);
}

function damaged(key: string, value: unknown): OctoloadError {
  const got = value === null ? "nothing" : describeValue(value);
  return new OctoloadError(
    "STATE_DAMAGED",
    `${stateTable.name}: scope ${WRITE_TIMES_SCOPE}, key ${key} does not fit the rest, got ${got}`,
  );
}
