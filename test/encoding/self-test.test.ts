import { describe, expect, it } from "vitest";
import { selfTest } from "../../src/index.js";
import { runnableKernels } from "../support/kernels.js";
import { refusalOf } from "../support/refusal-of.js";

describe("selfTest", () => {
  it.each(runnableKernels)("finds %s equal to the scalar kernel", (name) => {
    const { name: tested, points, mismatches } = selfTest(name);
    expect(tested).toBe(name);
    expect(points).toBeGreaterThan(1000);
    expect(mismatches).toBe(0);
  });

  it("refuses a kernel that is none", () => {
    expect(refusalOf(() => selfTest("sse")).code).toBe("KERNEL_UNKNOWN");
  });
});
