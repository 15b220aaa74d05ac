import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codesOfStatus, errorTable, outsideAxes, rowStatus } from "../../src/index.js";
import { refusalOf } from "../support/refusal-of.js";

const header = readFileSync(new URL("../../native/common/row_status.h", import.meta.url), "utf8");

/** kRowBadLz4 of the header is badLz4 here. */
function nameOf(constant: string): string {
  return `${constant.charAt(0).toLowerCase()}${constant.slice(1)}`;
}

describe("row statuses", () => {
  it("have the numbers of native/common/row_status.h", () => {
    const found = [...header.matchAll(/^\s*kRow(\w+) = (\d+),/gm)];
    const numbers = found.map(([, name = "", number]) => [nameOf(name), Number(number)]);
    expect(numbers.length).toBeGreaterThan(10);
    expect(Object.fromEntries(numbers)).toEqual(rowStatus);
  });

  it("each have their error codes", () => {
    const known = new Set(errorTable.map(({ code }) => code));
    for (const status of Object.values(rowStatus)) {
      const codes = codesOfStatus(status);
      expect(codes).toHaveLength(status === rowStatus.ok ? 0 : 1);
      for (const code of codes) expect(known).toContain(code);
    }
    expect(codesOfStatus(rowStatus.badChecksum)).toEqual(["ENVELOPE_CHECKSUM"]);
    expect(codesOfStatus(rowStatus.notInteger)).toEqual(["ENVELOPE_NOT_INTEGER"]);
  });

  it("are sets below 32: every axis by its name, OUT_OF_FRAME once", () => {
    for (let status = 0; status < 32; status += 1) {
      const axes = ["x", "y", "z"].filter((_, axis) => (status >> axis) % 2 === 1);
      expect(outsideAxes(status)).toEqual(axes);
      expect(codesOfStatus(status)).toEqual([
        ...(status & 8 ? ["LEVEL_INVALID"] : []),
        ...(axes.length > 0 ? ["OUT_OF_FRAME"] : []),
        ...(status & 16 ? ["CODE_OUT_OF_RANGE"] : []),
      ]);
    }
    expect(outsideAxes(rowStatus.badSlot)).toEqual([]);
  });

  it("are nothing else", () => {
    const known = new Set<number>(Object.values(rowStatus));
    for (let status = 32; status < 256; status += 1) {
      if (known.has(status)) continue;
      expect(refusalOf(() => codesOfStatus(status)).code, `${status}`).toBe("ARG_RANGE");
    }
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(rowStatus)).toBe(true);
  });
});
