import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, it } from "vitest";
import { loadTarget } from "../support/loaded-target.js";
import { tempFolder } from "../support/temp-folder.js";
import { runCli } from "./run-cli.js";

const folder = tempFolder();
const path = join(folder, "earth.db");
const from = ["--from", `sqlite:${path}`];

beforeAll(() => {
  loadTarget(path, [
    { level: 1, code: 1n, id: 1n },
    { level: 2, code: 9n, id: 2n },
  ]);
});

describe("octoload export", () => {
  it("writes a GeoPackage and says what is in it", async () => {
    const out = join(folder, "out.gpkg");
    const result = await runCli(["export", ...from, out]);
    expect(result).toEqual({
      exitCode: 0,
      stdout: [
        "table   rows  columns",
        "octree     2  Id, X, Y, Z, Level, MaterialId",
        `2 rows written to ${out}`,
        "",
      ].join("\n"),
      stderr: "",
    });
    const database = new Database(out, { readonly: true });
    expect(database.prepare("SELECT Id, Level FROM octree ORDER BY Id").raw().all()).toEqual([
      [1, 1],
      [2, 2],
    ]);
    database.close();
  });

  it("prints JSON with --json", async () => {
    const out = join(folder, "json.gpkg");
    const { exitCode, stdout } = await runCli(["export", ...from, out, "--json"]);
    expect(exitCode).toBe(0);
    const columns = ["Id", "X", "Y", "Z", "Level", "MaterialId"];
    expect(JSON.parse(stdout)).toEqual({
      path: out,
      rows: 2,
      countedRows: 2,
      tables: [{ name: "octree", columns, rows: 2 }],
    });
  });

  it("counts nothing again with --no-recount", async () => {
    const out = join(folder, "uncounted.gpkg");
    const { stdout } = await runCli(["export", ...from, out, "--no-recount", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, countedRows: null });
  });

  it("refuses a target of another frame than --frame", async () => {
    const out = join(folder, "frame.gpkg");
    const { exitCode, stderr } = await runCli(["export", ...from, out, "--frame", "bluemarble"]);
    expect([exitCode, existsSync(out)]).toEqual([3, false]);
    expect(stderr).toMatch(/^octoload: TARGET_FRAME: /);
  });

  it("replaces a file only with --force", async () => {
    const out = join(folder, "there.gpkg");
    expect((await runCli(["export", ...from, out])).exitCode).toBe(0);
    const again = await runCli(["export", ...from, out]);
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toMatch(/^octoload: OUTPUT_EXISTS: .*there.gpkg exists/);
    expect((await runCli(["export", ...from, out, "--force"])).exitCode).toBe(0);
  });

  it("refuses a missing --from and a missing target, and makes no file", async () => {
    const out = join(folder, "none.gpkg");
    const missing = await runCli(["export", out]);
    expect([missing.exitCode, missing.stderr]).toEqual([
      3,
      expect.stringMatching(/--from is missing/),
    ]);
    const none = await runCli(["export", "--from", `sqlite:${path}x`, out]);
    expect([none.exitCode, none.stderr]).toEqual([3, expect.stringMatching(/TARGET_MISSING/)]);
    expect(existsSync(out)).toBe(false);
    expect(existsSync(`${path}x`)).toBe(false);
  });
});
