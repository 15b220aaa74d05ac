import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOfIndices, indicesOf, maxCode, tileCellOf } from "../../src/encoding/cell.js";
import { frames, type Triple } from "../../src/encoding/frame.js";
import { type CliResult, runCli } from "./run-cli.js";

const seed = 20_240_505;

/** The centred frame's contract for one point, in plain arithmetic. */
function oracleCode(point: Triple, level: number): bigint {
  const { min, size } = frames.centred;
  const index = (axis: 0 | 1 | 2) => {
    const t = (point[axis] - min[axis]) / size[axis];
    return Math.min(Math.floor(t * 2 ** level), 2 ** level - 1);
  };
  return codeOfIndices(index(0), index(1), index(2), level);
}

/** Where the corners and the centre of the bluemarble frame's cells lie. */
function oracleCell(
  code: bigint,
  level: number,
): { min: number[]; max: number[]; center: number[] } {
  const { min, size } = frames.bluemarble;
  const at = (share: number) =>
    indicesOf(code, level).map((index, axis) => {
      const i = axis as 0 | 1 | 2;
      return min[i] + size[i] * ((index + share) / 2 ** level);
    });
  return { min: at(0), max: at(1), center: at(0.5) };
}

function expectRefusal(result: CliResult, code: string, message: RegExp): void {
  expect(result.stdout).toBe("");
  expect(result.stderr).toMatch(new RegExp(`^octoload: ${code}: `));
  expect(result.stderr).toMatch(message);
  expect(result.exitCode).toBe(3);
}

describe("octoload encode", () => {
  it("prints the decimal code and nothing else", async () => {
    const result = await runCli(["encode", "1000", "2000", "3000", "--level", "18"]);
    const code = oracleCode([1000, 2000, 3000], 18);
    expect(result).toEqual({ exitCode: 0, stdout: `${code}\n`, stderr: "" });
  });

  it.each([
    ["-20000000", -20e6],
    ["-2e7", -2e7],
    ["-1.5E6", -1.5e6],
    ["-1.5e+06", -1.5e6],
    ["-.25", -0.25],
    ["-0", 0],
    ["+7", 7],
    ["1e3", 1000],
    ["007", 7],
  ])("takes %s as a coordinate", async (text, x) => {
    const result = await runCli(["encode", text, "-5", "3", "--level", "26"]);
    const code = oracleCode([x, -5, 3], 26);
    expect(result).toEqual({ exitCode: 0, stdout: `${code}\n`, stderr: "" });
  });

  it("prints the code's parts with --json", async () => {
    const result = await runCli(["encode", "19e6", "-9e6", "1", "--level", "26", "--json"]);
    const code = oracleCode([19e6, -9e6, 1], 26);
    const { tile, cell } = tileCellOf(code);
    expect(result.stdout).toBe(
      `{"code":"${code}","level":26,"tile":"${tile}","cell":${cell},"frame":"centred"}\n`,
    );
    expect(result.exitCode).toBe(0);
  });

  it.each(["12abc", "", " 5", "0x10", "1_000", "1e", "NaN", "Infinity", "5.", "1,5", "٣"])(
    "refuses %j as a coordinate",
    async (text) => {
      const result = await runCli(["encode", "1", text, "3", "--level", "5"]);
      expectRefusal(result, "USAGE", /Y must be a number in metres, .* got "/);
    },
  );

  it.each(["27", "-1", "5.0", "1e1", "", "five", "0x5", " 5"])(
    "refuses %j as a level",
    async (text) => {
      const result = await runCli(["encode", "1", "2", "3", "--level", text]);
      expectRefusal(result, "LEVEL_INVALID", /--level must be an integer from 0 to 26, got /);
    },
  );

  it("refuses points outside the frame, naming axis, value and frame", async () => {
    const result = await runCli(["encode", "1", "-10000001", "3", "--level", "5"]);
    expectRefusal(result, "OUT_OF_FRAME", /y = -10000001 is outside: frame "centred" reaches/);
    const past = await runCli(["encode", "1e999", "2", "3", "--level", "5"]);
    expectRefusal(past, "OUT_OF_FRAME", /x = Infinity is outside/);
  });
});

describe("octoload decode", () => {
  it("prints exactly min, max and center with --json", async () => {
    const result = await runCli([
      ...["decode", "4242", "--level", "18", "--frame", "bluemarble", "--json"],
    ]);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe("");
    expect(result.stdout).toBe(`${JSON.stringify(oracleCell(4242n, 18))}\n`);
  });

  it("prints an aligned table without it", async () => {
    const result = await runCli(["decode", "7", "--level", "1"]);
    expect(result.stdout).toBe(
      [
        "               x         y         z",
        "min            0         0         0",
        "max     20000000  10000000  10000000",
        "center  10000000   5000000   5000000",
        "",
      ].join("\n"),
    );
  });

  it.each([
    ["8", "1", "CODE_OUT_OF_RANGE", /must be from 0 to 7 at level 1, got 8n/],
    ["-1", "1", "CODE_OUT_OF_RANGE", /got -1n/],
    ["9".repeat(100), "26", "CODE_OUT_OF_RANGE", /got 9{60}…/],
    ["1.5", "1", "USAGE", /CODE must be a decimal integer, .* got "1.5"/],
    ["0x7", "1", "USAGE", /got "0x7"/],
    ["7n", "1", "USAGE", /got "7n"/],
    ["", "1", "USAGE", /got ""/],
    ["7", "x", "LEVEL_INVALID", /got "x"/],
  ])("refuses code %s at level %s", async (text, level, code, message) => {
    expectRefusal(await runCli(["decode", text, "--level", level]), code, message);
  });

  it("gives back the code that its centre encodes to", async () => {
    const anyCode = fc
      .integer({ min: 0, max: 26 })
      .chain((level) => fc.tuple(fc.bigInt(0n, maxCode(level)), fc.constant(level)));
    await fc.assert(
      fc.asyncProperty(anyCode, async ([code, level]) => {
        const decoded = await runCli(["decode", `${code}`, "--level", `${level}`, "--json"]);
        const { center } = JSON.parse(decoded.stdout) as { center: number[] };
        const encoded = await runCli(["encode", ...center.map(String), "--level", `${level}`]);
        expect(encoded).toEqual({ exitCode: 0, stdout: `${code}\n`, stderr: "" });
      }),
      { seed, numRuns: 50 },
    );
  });
});
