import type { Client } from "cassandra-driver";
import { types } from "cassandra-driver";
import { OctoloadError } from "../errors/octoload-error.js";
import { requestFailure } from "./session-errors.js";
import { MAX_CLOCK_SKEW_US } from "./write-time.js";

/** Microseconds since 1970, as this process believes. */
export type Clock = () => bigint;

export const systemClock: Clock = () => BigInt(Date.now()) * 1000n;

/** The server's time, and this process's before it asked and after it had the answer. */
export interface ClockSample {
  readonly sentUs: bigint;
  readonly receivedUs: bigint;
  /** The server's clock had this value, or up to a millisecond more, somewhere in between. */
  readonly serverUs: bigint;
}

const MAX_SAMPLES = 5;

/** The server counts whole milliseconds here. */
const SERVER_RESOLUTION_US = 999n;

/**
 * Refuses a clock that is not known to be within a second of the coordinator's. A slow answer says
 * little about the time, so the question is repeated and the fastest answer counts.
 *
 * @throws OctoloadError CLOCK_SKEW, CASSANDRA_*
 */
export async function requireServerClock(client: Client, clock: Clock): Promise<void> {
  let best: ClockSample | undefined;
  for (let i = 0; i < MAX_SAMPLES; i++) {
    const sample = await sampleClock(client, clock);
    if (best === undefined || roundTripUs(sample) < roundTripUs(best)) best = sample;
    if (isWithin(best)) return;
  }
  if (best !== undefined) requireClockWithin(best);
}

/** @throws OctoloadError CLOCK_SKEW, naming the least skew that explains the sample */
export function requireClockWithin(sample: ClockSample): void {
  if (isWithin(sample)) return;
  const [from, to] = skewRange(sample);
  const isProven = from > MAX_CLOCK_SKEW_US || to < -MAX_CLOCK_SKEW_US;
  const least = from > 0n ? from : -to;
  const fault = isProven
    ? `this process's clock is at least ${seconds(least)} ${from > 0n ? "ahead of" : "behind"} the coordinator's, and 1 s is allowed`
    : `this process's clock can't be shown to be within 1 s of the coordinator's: it is between ${seconds(from)} and ${seconds(to)} ahead, as far as an answer after ${seconds(roundTripUs(sample))} tells`;
  throw new OctoloadError("CLOCK_SKEW", fault);
}

function isWithin(sample: ClockSample): boolean {
  const [from, to] = skewRange(sample);
  return from >= -MAX_CLOCK_SKEW_US && to <= MAX_CLOCK_SKEW_US;
}

/** This clock minus the server's lies in this range. */
function skewRange({ sentUs, receivedUs, serverUs }: ClockSample): readonly [bigint, bigint] {
  return [sentUs - serverUs - SERVER_RESOLUTION_US, receivedUs - serverUs];
}

function roundTripUs({ sentUs, receivedUs }: ClockSample): bigint {
  return receivedUs - sentUs;
}

async function sampleClock(client: Client, clock: Clock): Promise<ClockSample> {
  const sentUs = clock();
  const query = "SELECT toUnixTimestamp(now()) AS ms FROM system.local";
  const result = await client
    .execute(query, [], {
      prepare: true,
      consistency: types.consistencies.one,
      isIdempotent: true,
    })
    .catch((error: unknown) => {
      throw requestFailure(error, "asking for the server's time");
    });
  const receivedUs = clock();
  return { sentUs, receivedUs, serverUs: BigInt(result.first().get("ms")) * 1000n };
}

function seconds(us: bigint): string {
  return `${(Number(us) / 1e6).toFixed(3)} s`;
}
