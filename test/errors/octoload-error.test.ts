import { describe, expect, it } from "vitest";
import { errorEntry } from "../../src/errors/codes.js";
import { describeValue } from "../../src/errors/describe-value.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";

describe("OctoloadError", () => {
  it("says the fault, then what to do", () => {
    const error = new OctoloadError("LEVEL_INVALID", "level must be 0 to 26, got 27");
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe("LEVEL_INVALID");
    expect(error.remedy).toBe(errorEntry("LEVEL_INVALID").remedy);
    expect(error.message).toBe(`level must be 0 to 26, got 27. ${error.remedy}`);
    expect(error.stack).toMatch(/^OctoloadError: level must be 0 to 26, got 27\. /);
  });

  it("keeps a sentence that already ends", () => {
    const error = new OctoloadError("USAGE", "Is this a level?", { remedy: "Give one." });
    expect(error.message).toBe("Is this a level? Give one.");
  });

  it("has a cause only where one is given", () => {
    expect("cause" in new OctoloadError("USAGE", "no")).toBe(false);
    const cause = new TypeError("underneath");
    expect(new OctoloadError("USAGE", "no", { cause }).cause).toBe(cause);
    expect("cause" in new OctoloadError("USAGE", "no", { cause: undefined })).toBe(true);
  });

  it("says where it happened and keeps code and advice", () => {
    const inner = new OctoloadError("FRAME_INVALID", "name is missing", { remedy: "Name it." });
    const outer = inner.within("frame file x.json");
    expect(outer.code).toBe("FRAME_INVALID");
    expect(outer.message).toBe("frame file x.json: name is missing. Name it.");
    expect(outer.cause).toBe(inner);
  });
});

describe("describeValue", () => {
  class Sample {}

  it.each<[unknown, string]>([
    ["5", '"5"'],
    ["a\nb", '"a\\nb"'],
    ["x".repeat(61), `"${"x".repeat(60)}…"`],
    [5, "5"],
    [-0, "-0"],
    [Number.NaN, "NaN"],
    [5n, "5n"],
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [[1, 2], "an array of 2"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [new Sample(), "an object of Sample"],
    [new Float64Array(3), "Float64Array(3)"],
    [new DataView(new ArrayBuffer(8)), "an object of DataView"],
    [Symbol("s"), "Symbol(s)"],
    [() => 1, "a function"],
  ])("shows %s as %s", (value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });
});
