import { OctoloadError } from "../errors/octoload-error.js";
import type { RecordedTarget } from "../sink/recorded-target.js";
import type { LoadFacts, Sink } from "../sink/sink.js";

/** Runs of one target are at least this far apart. */
const RUN_STEP_US = 1000n;

/** A target and what it knows of earlier loads. */
export interface KnownTarget {
  readonly sink: Sink;
  readonly recorded: RecordedTarget;
}

/** As a run that is only planned has it. */
export interface ClaimTarget {
  readonly sink: Pick<Sink, "url" | "claim">;
  readonly recorded: RecordedTarget;
}

/** A time later than now and than all that the targets know of, microseconds since 1970. */
export function earliestWriteTime(targets: readonly Pick<KnownTarget, "recorded">[]): bigint {
  const nowUs = BigInt(Date.now()) * 1000n;
  return targets.reduce((latest, { recorded }) => {
    const after = recorded.lastWriteTimeUs + RUN_STEP_US;
    return after > latest ? after : latest;
  }, nowUs);
}

/**
 * The one write time of a new run: later than every run before it, so that its rows win. A target
 * that gives out write times itself decides; where live writes have begun it gives an earlier one,
 * and then it may be that no time fits all targets.
 *
 * @throws OctoloadError WRITE_TIMES_DIFFER, TARGET_*, CASSANDRA_*
 */
export async function claimWriteTime(
  targets: readonly ClaimTarget[],
  facts: LoadFacts,
): Promise<bigint> {
  const earliestUs = earliestWriteTime(targets);
  let claimed: { readonly url: string; readonly timeUs: bigint } | undefined;
  for (const { sink } of targets) {
    const timeUs = await sink.claim?.(facts, earliestUs);
    if (timeUs === undefined) continue;
    claimed ??= { url: sink.url, timeUs };
    if (claimed.timeUs !== timeUs) {
      throw differ(
        `${claimed.url} is to be written at ${claimed.timeUs}, ${sink.url} at ${timeUs}`,
      );
    }
  }
  if (claimed === undefined) return earliestUs;
  for (const { sink, recorded } of targets) {
    if (sink.claim !== undefined || recorded.lastWriteTimeUs < claimed.timeUs) continue;
    throw differ(
      `${claimed.url} is to be written at ${claimed.timeUs}, ${sink.url} after ${recorded.lastWriteTimeUs}`,
    );
  }
  return claimed.timeUs;
}

function differ(fault: string): OctoloadError {
  return new OctoloadError("WRITE_TIMES_DIFFER", `${fault} (microseconds since 1970)`);
}
