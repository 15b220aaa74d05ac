import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EarthFiles, rowsOf } from "../generate/earth-files.js";
import { runCli } from "./run-cli.js";

const files = new EarthFiles();
afterAll(() => files.remove());

describe("octoload generate", () => {
  it("writes the file and prints what is in it as JSON", async () => {
    const path = files.newPath();
    const result = await runCli(["generate", path, "--nodes", "1000", "--seed", "3", "--json"]);
    expect(result.exitCode).toBe(0);
    const expected = files.build({ nodes: 1000, seed: 3 });
    expect(JSON.parse(result.stdout)).toEqual({ ...expected, path });
    expect(rowsOf(path)).toEqual(rowsOf(expected.path));
  });

  it("prints a table of levels otherwise", async () => {
    const path = files.newPath();
    const { exitCode, stdout } = await runCli([
      "generate",
      path,
      "--nodes",
      "73",
      "--max-level",
      "2",
    ]);
    expect(exitCode).toBe(0);
    const [head, ...table] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/earth-\d+\.gpkg: 73 nodes, \d+ bytes$/);
    expect(table).toEqual(["level  nodes", "    0      1", "    1      8", "    2     64"]);
  });

  it("takes frame and order", async () => {
    const path = files.newPath();
    const args = ["--nodes", "500", "--order", "shuffled", "--frame", "bluemarble"];
    expect(await runCli(["generate", path, ...args])).toMatchObject({ exitCode: 0 });
    const rows = rowsOf(path);
    expect(rows.every(({ X, Y, Z }) => X >= 0 && Y >= 0 && Z >= 0)).toBe(true);
    expect(rows.map(({ Id }) => Id)).not.toEqual(rows.map(({ fid }) => fid));
  });

  it("replaces a file only with --force", async () => {
    const path = files.newPath();
    writeFileSync(path, "precious");
    const refused = await runCli(["generate", path, "--nodes", "9"]);
    expect(refused).toMatchObject({ exitCode: 3, stdout: "" });
    expect(refused.stderr).toMatch(/^octoload: OUTPUT_EXISTS: /);
    expect(await runCli(["generate", path, "--nodes", "9", "--force"])).toMatchObject({
      exitCode: 0,
    });
    expect(rowsOf(path)).toHaveLength(9);
  });

  it.each([
    ["--nodes missing", [], /USAGE: --nodes is missing/],
    ["--nodes no integer", ["--nodes", "1e6"], /USAGE: --nodes must be an integer, got "1e6"/],
    ["--nodes 0", ["--nodes", "0"], /GENERATE_OPTIONS: nodes must be an integer from 1/],
    [
      "--order unknown",
      ["--nodes", "9", "--order", "up"],
      /USAGE: --order must be key or shuffled/,
    ],
    ["--frame unknown", ["--nodes", "9", "--frame", "flat"], /FRAME_UNKNOWN: /],
  ])("refuses %s", async (_name, args, message) => {
    const path = join(files.folder, "refused.gpkg");
    const result = await runCli(["generate", path, ...args]);
    expect(result).toMatchObject({ exitCode: 3, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(existsSync(path)).toBe(false);
  });
});
