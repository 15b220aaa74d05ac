import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  axes,
  describeOutside,
  Frame,
  type FrameSpec,
  frames,
  framesEqual,
} from "../../src/encoding/frame.js";
import { loadFrameFile, resolveFrame } from "../../src/encoding/frame-file.js";
import { refusalOf } from "../support/refusal-of.js";

const seed = 20_240_501;
const local: FrameSpec = { name: "local", min: [-1, 2.5, 3e6], size: [10, 0.1, 7] };

/** A spec as a caller without types could pass it. */
function untyped(value: unknown): FrameSpec {
  return value as FrameSpec;
}

describe("Frame", () => {
  it("has the built-in frames' values", () => {
    expect(frames.centred.values).toEqual(Float64Array.of(-20e6, -10e6, -10e6, 40e6, 20e6, 20e6));
    expect(frames.bluemarble.values).toEqual(
      Float64Array.of(0, 0, 0, 40_075_020, 20_037_510, 20_000_000),
    );
  });

  it("keeps its values whatever happens to what it was made from or gave out", () => {
    const min: [number, number, number] = [1, 2, 3];
    const size: [number, number, number] = [4, 5, 6];
    const frame = new Frame({ name: "mine", min, size });
    min[0] = 99;
    size.fill(99);
    frame.values.fill(99);
    expect([...frame.values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Object.isFrozen(frame)).toBe(true);
    expect(Object.isFrozen(frame.min)).toBe(true);
    expect(Object.isFrozen(frame.size)).toBe(true);
  });

  it("comes back from JSON equal, bit for bit", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    const extent = fc.double({ noNaN: true, min: 1, max: 1e9 });
    const spec = fc.record({
      name: fc.stringMatching(/^[a-z]{1,20}$/).filter((name) => !(name in frames)),
      min: fc.tuple(number, number, number),
      size: fc.tuple(extent, extent, extent),
    });
    fc.assert(
      fc.property(spec, (given) => {
        const frame = new Frame(given);
        const back = new Frame(JSON.parse(JSON.stringify(frame)) as FrameSpec);
        expect(framesEqual(frame, back)).toBe(true);
        expect(new Uint8Array(back.values.buffer)).toEqual(new Uint8Array(frame.values.buffer));
      }),
      { seed },
    );
  });

  it("stores -0 as 0, so that equal frames have equal bits", () => {
    const frame = new Frame({ name: "zero", min: [-0, 0, -0], size: [1, 1, 1] });
    expect([...frame.values].some((value) => Object.is(value, -0))).toBe(false);
  });

  it("returns a Frame as it is and makes one of a spec", () => {
    expect(Frame.from(frames.centred)).toBe(frames.centred);
    expect(Frame.from(local)).toBeInstanceOf(Frame);
  });

  it.each<[string, unknown, RegExp]>([
    ["no object", "centred", /must be an object .* got "centred"/],
    ["an array", [1], /must be an object .* got an array of 1/],
    ["no name", { ...local, name: undefined }, /name is missing/],
    ["an empty name", { ...local, name: "" }, /name must be 1 to 100 .* got ""/],
    ["a blank name", { ...local, name: "  " }, /name must be 1 to 100/],
    ["a name of two lines", { ...local, name: "a\nb" }, /name must be .* got "a\\nb"/],
    ["a long name", { ...local, name: "n".repeat(101) }, /name must be 1 to 100/],
    ["a number for a name", { ...local, name: 5 }, /name must be .* got 5/],
    ["no min", { name: "a", size: [1, 1, 1] }, /min is missing/],
    ["no size", { name: "a", min: [1, 1, 1] }, /size is missing/],
    ["two numbers", { ...local, min: [1, 2] }, /min must be an array of three .* array of 2/],
    ["an object for min", { ...local, min: { x: 1 } }, /min must be an array .* got an object/],
    ["text on an axis", { ...local, min: [1, "2", 3] }, /min\.y must be a finite .* got "2"/],
    ["NaN", { ...local, min: [1, 2, Number.NaN] }, /min\.z must be a finite number, got NaN/],
    [
      "Infinity",
      { ...local, size: [Number.POSITIVE_INFINITY, 1, 1] },
      /size\.x must be a finite .* Infinity/,
    ],
    ["size 0", { ...local, size: [1, 0, 1] }, /"local": size\.y must be above 0, got 0/],
    ["a negative size", { ...local, size: [1, 1, -5] }, /size\.z must be above 0, got -5/],
    ["an overflow", { ...local, min: [1e308, 0, 0], size: [1e308, 1, 1] }, /size\.x is too large/],
    ["a lost size", { ...local, min: [0, 1e20, 0], size: [1, 1, 1] }, /size\.y is lost in round/],
    ["a built-in name", { ...local, name: "centred" }, /"centred" is a built-in frame with other/],
  ])("refuses %s", (_case, spec, message) => {
    const error = refusalOf(() => new Frame(untyped(spec)));
    expect(error.code).toBe("FRAME_INVALID");
    expect(error.message).toMatch(message);
  });

  it("takes a built-in name with that frame's values", () => {
    const again = new Frame(frames.bluemarble.toJSON());
    expect(framesEqual(again, frames.bluemarble)).toBe(true);
  });
});

describe("framesEqual", () => {
  it("sees a difference in the name and in each number", () => {
    expect(framesEqual(local, { ...local })).toBe(true);
    expect(framesEqual(local, { ...local, name: "other" })).toBe(false);
    for (const field of ["min", "size"] as const) {
      for (const axis of axes) {
        const changed = [...local[field]] as [number, number, number];
        changed[axis] += 1;
        expect(framesEqual(local, { ...local, [field]: changed })).toBe(false);
      }
    }
  });
});

describe("describeOutside", () => {
  it("names axis, value, interval and frame", () => {
    expect(describeOutside(frames.centred, 0, 2.1e7)).toBe(
      'x = 21000000 is outside: frame "centred" reaches from -20000000 to 20000000 metres',
    );
    expect(describeOutside(frames.bluemarble, 2, -1)).toContain(
      'z = -1 is outside: frame "bluemarble" reaches from 0 to 20000000 metres',
    );
  });

  it("says that NaN is not a number", () => {
    expect(describeOutside(frames.centred, 1, Number.NaN)).toMatch(/^y is not a number \(NaN\); /);
  });

  it("shows t where min + size was rounded up to the refused value", () => {
    const frame = new Frame({ name: "tenths", min: [0.1, 0, 0], size: [0.2, 1, 1] });
    const value = 0.1 + 0.2;
    expect((value - 0.1) / 0.2).toBeGreaterThan(1);
    expect(describeOutside(frame, 0, value)).toMatch(/size is 1\.0000000000000002, above 1$/);
  });
});

describe("frame files", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "octoload-frame-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function fileOf(text: string): string {
    const path = join(folder, "frame.json");
    writeFileSync(path, text);
    return path;
  }

  it("reads a frame, by its path or as one of resolveFrame's forms", () => {
    const path = fileOf(JSON.stringify({ ...local, comment: "ours" }));
    expect(framesEqual(loadFrameFile(path), local)).toBe(true);
    expect(framesEqual(resolveFrame(path), local)).toBe(true);
    expect(framesEqual(resolveFrame(local), local)).toBe(true);
    expect(resolveFrame("bluemarble")).toBe(frames.bluemarble);
    expect(resolveFrame(frames.centred)).toBe(frames.centred);
  });

  it.each<[string, string, RegExp]>([
    ["no JSON", "{", /is not JSON: /],
    ["another type", "[1,2,3]", /frame\.json": a frame must be an object/],
    ["a missing field", '{"name":"a","min":[0,0,0]}', /frame\.json": size is missing/],
    ["a wrong type", '{"name":"a","min":[0,"0",0],"size":[1,1,1]}', /min\.y must be a finite/],
    ["a number past doubles", '{"name":"a","min":[0,0,0],"size":[1e999,1,1]}', /size\.x must be/],
    ["a built-in name", '{"name":"centred","min":[0,0,0],"size":[1,1,1]}', /a built-in frame/],
  ])("refuses a file with %s, naming it", (_case, text, message) => {
    const path = fileOf(text);
    const error = refusalOf(() => loadFrameFile(path));
    expect(error.code).toBe("FRAME_INVALID");
    expect(error.message).toContain(JSON.stringify(path));
    expect(error.message).toMatch(message);
  });

  it("tells an unknown name from a file that cannot be read", () => {
    const unknown = refusalOf(() => resolveFrame("mars"));
    expect(unknown.code).toBe("FRAME_UNKNOWN");
    expect(unknown.message).toMatch(/"mars" is neither a built-in frame nor a file that exists/);
    const unreadable = refusalOf(() => resolveFrame(folder));
    expect(unreadable.code).toBe("FRAME_INVALID");
    expect(unreadable.message).toMatch(/cannot be read: EISDIR/);
  });
});
