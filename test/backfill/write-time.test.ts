import { describe, expect, it } from "vitest";
import {
  claimWriteTime,
  earliestWriteTime,
  type KnownTarget,
} from "../../src/backfill/write-time.js";
import { NullSink } from "../../src/sink/null-sink.js";
import { nothingRecorded } from "../../src/sink/recorded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { targetFacts } from "../support/sink-blocks.js";

const nowUs = () => BigInt(Date.now()) * 1000n;
const FAR = 4_000_000_000_000_000n;

/** A target whose last run was at `lastUs`, and which decides where `claim` is given. */
function target(lastUs: bigint, claim?: (earliestUs: bigint) => bigint): KnownTarget {
  const sink = Object.assign(new NullSink(`null:?layout=node&of=${lastUs}`), {
    ...(claim === undefined
      ? {}
      : { claim: async (_: unknown, earliestUs: bigint) => claim(earliestUs) }),
  });
  return { sink, recorded: { ...nothingRecorded, lastWriteTimeUs: lastUs } };
}

describe("a run's write time", () => {
  it("is now, or after all that its targets know of", async () => {
    const before = nowUs();
    const time = await claimWriteTime([target(0n), target(5n)], targetFacts());
    expect(time >= before && time <= nowUs()).toBe(true);
    expect(await claimWriteTime([target(0n), target(FAR)], targetFacts())).toBe(FAR + 1000n);
    expect(earliestWriteTime([target(FAR)])).toBe(FAR + 1000n);
  });

  it("is what a target gives that decides itself, for all", async () => {
    const asAsked = (earliestUs: bigint) => earliestUs;
    const targets = [target(FAR), target(0n, asAsked), target(7n, asAsked)];
    expect(await claimWriteTime(targets, targetFacts())).toBe(FAR + 1000n);
    expect(await claimWriteTime([target(0n, () => 9n), target(8n)], targetFacts())).toBe(9n);
  });

  it.each([
    ["another target's rows are as late", [target(0n, () => 9n), target(9n)]],
    ["two targets give different ones", [target(0n, () => 9n), target(0n, () => 10n)]],
  ])("is refused where %s", async (_, targets) => {
    const error = await rejectionOf(claimWriteTime(targets, targetFacts()));
    expect(error.code).toBe("WRITE_TIMES_DIFFER");
    expect(error.fault).toMatch(/ 9[, ]/);
  });
});
