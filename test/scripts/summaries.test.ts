import { describe, expect, it } from "vitest";
import {
  kernelReport,
  lastLine,
  pythonTotals,
  vitestTotals,
} from "../../scripts/test/summaries.mjs";

describe("kernelReport", () => {
  const output = [
    "kernel scalar  ok: edge points",
    "kernel avx512  skipped: the CPU lacks VBMI",
    "kernel neon    skipped: this build is for another processor architecture",
    "morton: 12 checks, 0 failed",
    "token: 30 checks, 0 failed",
    "",
  ].join("\n");

  it("names what ran and what was skipped, with its reason", () => {
    expect(kernelReport(output, ["scalar", "avx512"])).toBe(
      "42 checks; kernels scalar; avx512 skipped: the CPU lacks VBMI; " +
        "neon skipped: this build is for another processor architecture",
    );
  });

  it("does not count a kernel that one of the programs skipped", () => {
    const both = `kernel avx512  ok: tokens\n${output}`;
    expect(kernelReport(both, ["scalar"])).toMatch(/kernels scalar; avx512 skipped/);
  });

  it("fails when nothing was heard of a kernel", () => {
    expect(() => kernelReport(output, ["scalar", "bmi2", "avx2"])).toThrow(/: bmi2, avx2$/);
  });

  it("fails when a kernel of this architecture was skipped for another reason than the CPU", () => {
    expect(() => kernelReport(output, ["scalar", "neon"])).toThrow(/: neon$/);
  });
});

describe("totals", () => {
  it("of vitest are its two closing lines", () => {
    const output =
      "\n Test Files  2 passed (2)\n      Tests  7 passed | 1 skipped (8)\n   Start at 1\n";
    expect(vitestTotals(output, {})).toBe(
      "Test Files 2 passed (2), Tests 7 passed | 1 skipped (8)",
    );
  });

  it("of vitest name what was skipped and why, which fails in CI", () => {
    const output = "skipped: a full disk: no tmpfs\n Test Files  2 passed (2)\n Tests  7 passed";
    const totals = "Test Files 2 passed (2), Tests 7 passed";
    const named = "; skipped: a full disk: no tmpfs";
    expect(vitestTotals(`${output} | 1 todo (8)`, {})).toBe(`${totals} | 1 todo (8)${named}`);
    expect(() => vitestTotals(`${output} | 1 todo (8)`, { CI: "true" })).toThrow(
      /1 todo.*no tmpfs/,
    );
    expect(vitestTotals(`${output} (7)`, { CI: "true" })).toBe(`${totals} (7)${named}`);
  });

  it("of Python fail when no test ran", () => {
    expect(pythonTotals("..\nRan 2 tests in 0.1s\n\nOK\n")).toBe("Ran 2 tests");
    expect(() => pythonTotals("\nRan 0 tests in 0.0s\n\nOK\n")).toThrow("no Python test ran");
  });

  it("are else the last line", () => {
    expect(lastLine("first\n  last  \n\n")).toBe("last");
  });
});
