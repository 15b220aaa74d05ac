import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { frames, type Triple } from "../../src/encoding/frame.js";
import { loadTarget } from "../support/loaded-target.js";
import { cellOf, type SinkRow } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";
import { runCli } from "./run-cli.js";

const folder = tempFolder();
const path = join(folder, "earth.db");
const url = `sqlite:${path}`;
const point: Triple = [1000, -2000, 3000];
const args = (...more: string[]) => ["get", ...point.map(String), "--to", url, ...more];

const rows: SinkRow[] = [
  { ...cellOf(point, 3), material: null, mask: 0x81, homogeneity: 0.5 },
  {
    ...{ ...cellOf(point, 18), point, material: 12, lastModified: 1_714_566_896_789n },
    ...{ id: 2n ** 60n, density: -0, metadata: "line\nnext", created: Uint8Array.of(1, 2) },
  },
];
const [, { code = 0n } = {}] = rows;

beforeAll(() => {
  loadTarget(path, rows);
});

describe("octoload get, a point", () => {
  it("prints the row as names and values", async () => {
    const { exitCode, stdout, stderr } = await runCli(args("--level", "18"));
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")).toEqual([
      "level          18",
      `morton_code    ${code}`,
      "material_id    12",
      "homogeneity    1",
      "children_mask  0 (00000000)",
      "last_modified  2024-05-01T12:34:56.789Z",
      "write_time     2023-11-14T22:13:20.000Z",
      "Id             1152921504606846976",
      "X              1000",
      "Y              -2000",
      "Z              3000",
      "Level          18",
      "MaterialId     12",
      "Density        -0",
      "Metadata       line next",
      "Created        BLOB of 2 bytes",
      "",
    ]);
  });

  it("prints it as JSON, losing no digit", async () => {
    const { exitCode, stdout } = await runCli(args("--level", "18", "--json"));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      found: true,
      cell: {
        ...{
          level: 18,
          mortonCode: `${code}`,
          tile: `${code >> 15n}`,
          cell: Number(code & 0x7fffn),
        },
        ...{ point, materialId: 12, homogeneity: 1, childrenMask: 0 },
        ...{ lastModified: 1_714_566_896_789, writeTimeUs: "1700000000000000" },
        source: {
          ...{ Id: "1152921504606846976", X: 1000, Y: -2000, Z: 3000, Level: 18, MaterialId: 12 },
          ...{ Density: 0, Metadata: "line\nnext", Created: { blob: "0102" } },
        },
      },
    });
  });

  it("exits 7 where there is no such cell", async () => {
    const text = await runCli(args("--level", "17"));
    expect(text).toEqual({
      exitCode: 7,
      stdout: "",
      stderr: "octoload: no such cell is in the target\n",
    });
    const json = await runCli(args("--level", "17", "--json"));
    expect(json).toEqual({ exitCode: 7, stdout: '{"found":false,"cell":null}\n', stderr: "" });
  });

  it("goes up to the nearest with --nearest", async () => {
    const { exitCode, stdout } = await runCli(args("--level", "17", "--nearest", "--json"));
    expect(exitCode).toBe(0);
    const cell = { level: 3, materialId: null, childrenMask: 0x81, homogeneity: 0.5 };
    expect(JSON.parse(stdout)).toMatchObject({ found: true, cell });
    const far = ["get", "-1", "-1", "-1", "--to", url, "--level", "9", "--nearest"];
    expect((await runCli(far)).exitCode).toBe(7);
  });
});

describe("octoload get --box", () => {
  const box = ["get", "--to", url, "--box", "-2e7,-1e7,-1e7,2e7,1e7,1e7"];

  it("prints a line a row", async () => {
    const { exitCode, stdout, stderr } = await runCli(box);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^level +morton_code +x +y +z +material +homogeneity$/);
    expect(lines[1]).toMatch(/^ +3 +\d+ .* NULL +0.5$/);
    expect(lines[2]).toMatch(new RegExp(`^ +18 +${code} +1000 +-2000 +3000 +12 +1$`));
    expect(lines).toHaveLength(3);
  });

  it.each([
    [["--level", "4..18"], [18], false],
    [["--level", "3"], [3], false],
    [["--limit", "1"], [3], true],
    [["--limit", "2"], [3, 18], false],
  ])("with %j finds levels %j", async (more, levels, isMore) => {
    const { stdout } = await runCli([...box, ...more, "--json"]);
    const result = JSON.parse(stdout) as { cells: { level: number }[]; more: boolean };
    expect(result.cells.map(({ level }) => level)).toEqual(levels);
    expect(result.more).toBe(isMore);
  });

  it("says that there are more", async () => {
    const { stderr } = await runCli([...box, "--limit", "1"]);
    expect(stderr).toBe("octoload: there are more than these 1; see --limit\n");
  });

  it("exits 7 where there is nothing", async () => {
    const { exitCode, stdout } = await runCli([...box, "--level", "5..9"]);
    expect([exitCode, stdout]).toEqual([7, ""]);
  });
});

describe("octoload get refuses", () => {
  it.each([
    [["get", "1", "2", "3", "--level", "3"], "USAGE", /--to is missing/],
    [["get", "1", "2", "--to", url, "--level", "3"], "USAGE", /X, Y and Z are missing/],
    [["get", "--to", url], "USAGE", /or --box/],
    [args(), "LEVEL_INVALID|USAGE", /--level is missing/],
    [args("--level", "3..4"), "LEVEL_INVALID", /got "3..4"/],
    [args("--box", "1,2,3,4,5,6"), "USAGE", /--box takes the place/],
    [["get", "--to", url, "--box", "1,2,3"], "USAGE", /--box must be minx/],
    [["get", "--to", url, "--box", "1,2,3,4,5,x"], "USAGE", /--box must be a number/],
    [["get", "--to", url, "--box", "5,0,0,4,0,0"], "BOX_INVALID", /above/],
    [["get", "--to", url, "--box", "1,2,3,4,5,6", "--level", "4..3"], "USAGE", /must ascend/],
    [["get", "--to", url, "--box", "1,2,3,4,5,6", "--limit", "0"], "USAGE", /--limit/],
    [args("--level", "3", "--limit", "3"), "USAGE", /--limit goes with --box/],
    [args("--level", "3", "--frame", "bluemarble"), "TARGET_FRAME", /made in the frame/],
    [["get", "3e7", "0", "0", "--to", url, "--level", "3"], "OUT_OF_FRAME", /x = 30000000/],
    [["get", "1", "2", "3", "--to", "null:", "--level", "3"], "TARGET_MISSING", /keeps no row/],
    [["get", "1", "2", "3", "--to", "x.db", "--level", "3"], "TARGET_URL", /begins with a scheme/],
  ])("%j", async (line, code, message) => {
    const { exitCode, stdout, stderr } = await runCli(line);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(new RegExp(`^octoload: (${code}): `));
    expect(stderr).toMatch(message);
  });

  it("a target of another frame than the environment's", async () => {
    const other = join(folder, "other.db");
    loadTarget(other, [], "node", { frame: frames.bluemarble });
    const line = ["get", "1", "2", "3", "--to", `sqlite:${other}`, "--level", "3"];
    expect((await runCli(line, { OCTOLOAD_FRAME: "centred" })).stderr).toMatch(/TARGET_FRAME/);
    expect((await runCli(line)).exitCode).toBe(7);
  });
});
