import { describe, expect, it } from "vitest";
import { AdaptiveLimits, parseSettingBytes } from "../../../src/sink/cassandra/frame-limits.js";

describe("AdaptiveLimits", () => {
  const limitsOf = (maxMutationBytes: number) => {
    const clock = { nowMs: 0 };
    const limits = new AdaptiveLimits({ maxRows: 128, maxMutationBytes }, () => clock.nowMs);
    return { limits, clock };
  };

  it("become the server's threshold", () => {
    const { limits } = limitsOf(32_768);
    expect(limits.lower(9000, 5120)).toBe(true);
    expect(limits.current).toEqual({ maxRows: 128, maxMutationBytes: 5120 });
  });

  it("become smaller by as much as the server counts more", () => {
    const { limits } = limitsOf(5120);
    expect(limits.lower(10_240, 5120)).toBe(true);
    expect(limits.current.maxMutationBytes).toBe(2560);
  });

  it("are not lowered again for batches that were on their way", () => {
    const { limits, clock } = limitsOf(32_768);
    limits.lower(32_000, 5120);
    expect(limits.lower(32_000, 5120)).toBe(false);
    expect(limits.current.maxMutationBytes).toBe(5120);
    clock.nowMs = 3000;
    expect(limits.lower(5121, 5120)).toBe(true);
    expect(limits.current.maxMutationBytes).toBe(5119);
  });

  it("never rise, and leave room for a row", () => {
    const { limits, clock } = limitsOf(5120);
    expect(limits.lower(6000, 65_536)).toBe(false);
    clock.nowMs = 3000;
    expect(limits.lower(6000, 1)).toBe(true);
    expect(limits.current.maxMutationBytes).toBe(256);
  });
});

describe("parseSettingBytes", () => {
  it.each([
    ["batch_size_warn_threshold", "5KiB", 5120],
    ["batch_size_warn_threshold", "1MiB", 1_048_576],
    ["batch_size_warn_threshold", "100B", 100],
    ["batch_size_warn_threshold_in_kb", "5", 5120],
    ["batch_size_warn_threshold", "5", undefined],
    ["batch_size_warn_threshold", "null", undefined],
    ["batch_size_warn_threshold", undefined, undefined],
  ])("reads %s = %s", (name, value, bytes) => {
    expect(parseSettingBytes(name, value)).toBe(bytes);
  });
});
