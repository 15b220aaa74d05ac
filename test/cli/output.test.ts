import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import { alignColumns, asOctoloadError, writeError } from "../../src/cli/output.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";

function textOf(error: OctoloadError, json: boolean): string {
  let text = "";
  const io = {
    stdout: () => expect.unreachable("errors do not go to stdout"),
    stderr: (part: string) => {
      text += part;
    },
    env: {},
  };
  writeError(io, error, json);
  return text;
}

describe("alignColumns", () => {
  it("pads to the widest, numbers to the right, and leaves no blanks at the end", () => {
    const rows = [
      ["a", "1", "x"],
      ["long", "200", ""],
    ];
    expect(alignColumns(rows, new Set([1]))).toBe("a       1  x\nlong  200\n");
  });
});

describe("an error that octoload does not expect", () => {
  it("is INTERNAL, with its stack in text and without it in JSON", () => {
    const defect = new TypeError("undefined is no function");
    const error = asOctoloadError(defect);
    expect(error.code).toBe("INTERNAL");
    expect(exitCodeOf(defect)).toBe(5);
    expect(textOf(error, false)).toMatch(/INTERNAL: unexpected: TypeError: undefined is no func/);
    expect(textOf(error, false)).toContain("output.test.ts");
    expect(Object.keys((JSON.parse(textOf(error, true)) as { error: object }).error)).toEqual([
      "code",
      "message",
      "remedy",
    ]);
  });
});

describe("exitCodeOf", () => {
  it("tells what another command line mends from what it does not", () => {
    expect(exitCodeOf(new OctoloadError("OUT_OF_FRAME", "no"))).toBe(3);
    expect(exitCodeOf(new OctoloadError("SETTINGS_INVALID", "no"))).toBe(3);
    expect(exitCodeOf(new OctoloadError("KERNEL_UNKNOWN", "no"))).toBe(3);
    expect(exitCodeOf(new OctoloadError("NATIVE_MISSING", "no"))).toBe(5);
    expect(exitCodeOf(new OctoloadError("KERNEL_WRONG", "no"))).toBe(5);
  });
});
