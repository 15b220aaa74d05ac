import { describe, expect, it } from "vitest";
import { parseTuning, type TuningFlags } from "../../src/cli/tuning-arguments.js";
import { refusalOf } from "../support/refusal-of.js";

describe("parseTuning", () => {
  it("takes each flag in its unit, and leaves out what is not given", () => {
    expect(parseTuning({})).toEqual({});
    expect(
      parseTuning({
        plainDriver: true,
        maxInflight: "64",
        protectP99: "7.5",
        outageTimeout: "90",
      }),
    ).toEqual({
      plainDriver: true,
      maxInFlightRequests: 64,
      protectP99Ms: 7.5,
      outageTimeoutMs: 90_000,
    });
  });

  it.each<[TuningFlags, RegExp]>([
    [{ maxInflight: "0" }, /--max-inflight must be whole requests from 1/],
    [{ maxInflight: "1.5" }, /--max-inflight must be whole/],
    [{ maxInflight: "many" }, /got "many"/],
    [{ protectP99: "0" }, /--protect-p99 must be milliseconds/],
    [{ protectP99: "10ms" }, /--protect-p99/],
    [{ outageTimeout: "-1" }, /--outage-timeout must be seconds/],
  ])("refuses %o", (flags, message) => {
    const { code, fault } = refusalOf(() => parseTuning(flags));
    expect(code).toBe("USAGE");
    expect(fault).toMatch(message);
  });
});
