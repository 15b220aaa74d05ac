import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { tempFolder } from "../support/temp-folder.js";
import { runCli } from "./run-cli.js";

const folder = tempFolder();
const source = join(folder, "source.db");
const target = `sqlite:${join(folder, "earth.db")}`;
const runDir = join(folder, "run");
const to = ["trace", "--to", target];

/** Rows 1 and 2 share a cell; 3 has no level; 4 lies outside the frame; 5 is alone. */
beforeAll(async () => {
  const database = new Database(source);
  database.exec(`CREATE TABLE octree(
      Id INTEGER PRIMARY KEY, X REAL, Y REAL, Z REAL, Level INTEGER, Created TEXT, Note TEXT);
    INSERT INTO octree VALUES
      (1, 1000, 2000, 3000, 9, '2024-01-01', 'loser'), (2, 1000, 2000, 3000, 9, '2025-01-01', NULL),
      (3, 1, 2, 3, 'deep', NULL, NULL), (4, 9e7, 0, 0, 3, NULL, NULL),
      (5, -1000, -2000, 3000, 22, NULL, 'line' || char(10) || 'next')`);
  database.close();
  await backfill({ sources: [source], to: [`${target}?layout=tile`], runDir, maxErrors: "5" });
});

interface Report {
  readonly rows: readonly {
    readonly source: { readonly rowid: string; readonly values: Record<string, unknown> } | null;
    readonly cell: { readonly mortonCode?: string; readonly level?: number; readonly why?: string };
    readonly copies: readonly { readonly answer: string; readonly node: string }[] | null;
    readonly deadLetters: readonly { readonly code: string; readonly rowid: string }[] | null;
  }[];
}

async function trace(...args: string[]): Promise<{ exitCode: number; rows: Report["rows"] }> {
  const { exitCode, stdout, stderr } = await runCli([...to, "--json", ...args]);
  expect(stderr).toBe("");
  return { exitCode, rows: (JSON.parse(stdout) as Report).rows };
}

describe("octoload trace --id", () => {
  it("shows the row from its source to the target", async () => {
    const { exitCode, rows } = await trace("--id", "5", "--source", source);
    expect(exitCode).toBe(0);
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(row?.source).toMatchObject({ rowid: "5", values: { Id: 5, Note: "line\nnext" } });
    expect(row?.cell.level).toBe(22);
    expect(row?.copies).toEqual([
      expect.objectContaining({ answer: "row", node: join(folder, "earth.db") }),
    ]);
    expect(row?.deadLetters).toBeNull();
  });

  it("takes source and dead letters from a run", async () => {
    const winner = await trace("--id", "2", "--run-dir", runDir);
    expect([winner.exitCode, winner.rows[0]?.deadLetters]).toEqual([0, []]);
    const loser = await trace("--id", "1", "--run-dir", runDir);
    expect(loser.rows[0]?.deadLetters).toEqual([
      expect.objectContaining({ code: "KEY_COLLISION", rowid: "1" }),
    ]);
    expect(loser.rows[0]?.cell).toEqual(winner.rows[0]?.cell);
  });

  it("says why a row has no cell", async () => {
    const noLevel = await trace("--id", "3", "--run-dir", runDir);
    expect(noLevel.exitCode).toBe(7);
    expect(noLevel.rows[0]?.cell.why).toMatch(/none that a load takes/);
    expect(noLevel.rows[0]?.deadLetters).toHaveLength(1);
    const outside = await trace("--id", "4", "--run-dir", runDir);
    expect(outside.rows[0]?.cell.why).toMatch(/x = 90000000/);
    expect(outside.rows[0]?.deadLetters?.map(({ code }) => code)).toEqual(["OUT_OF_FRAME"]);
  });
});

describe("octoload trace --key", () => {
  it("finds the source's row and the dead letters of the cell", async () => {
    const byId = await trace("--id", "2", "--run-dir", runDir);
    const { mortonCode = "" } = byId.rows[0]?.cell ?? {};
    const byKey = await trace("--key", mortonCode, "--level", "9", "--run-dir", runDir);
    expect(byKey.exitCode).toBe(0);
    expect(byKey.rows[0]?.source?.rowid).toBe("2");
    expect(byKey.rows[0]?.deadLetters?.map(({ rowid }) => rowid)).toEqual(["1"]);
  });

  it("exits 7 where the target has no row", async () => {
    const { exitCode, rows } = await trace("--key", "5", "--level", "9");
    expect(exitCode).toBe(7);
    expect(rows[0]?.copies?.map(({ answer }) => answer)).toEqual(["absent"]);
    expect(rows[0]?.source).toBeNull();
  });
});

describe("octoload trace as text", () => {
  it("prints a line a fact and a line a copy", async () => {
    const { exitCode, stdout } = await runCli([...to, "--id", "5", "--run-dir", runDir]);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^source +row 5 of octree in .*source.db$/);
    expect(lines.find((line) => line.includes("Note"))).toMatch(/Note +line next$/);
    expect(lines.find((line) => line.startsWith("dead letters"))).toMatch(/none$/);
    expect(lines.at(-2)).toMatch(/^node +data centre +rack +write time +digest +answer$/);
    expect(lines.at(-1)).toMatch(/earth.db +- +- +20\S+Z \(\d+\) +[0-9a-f]{12} +material NULL/);
  });
});

describe("octoload trace refuses", () => {
  it.each([
    [[...to, "--id", "5"], "USAGE", /no index by Id/],
    [[...to], "USAGE", /one of --id and --key/],
    [[...to, "--id", "5", "--key", "5", "--level", "3"], "USAGE", /one of --id and --key/],
    [[...to, "--key", "5"], "USAGE", /--level is missing/],
    [[...to, "--id", "5", "--level", "3"], "USAGE", /--level goes with --key/],
    [[...to, "--key", "9", "--level", "1"], "CODE_OUT_OF_RANGE", /from 0 to 7/],
    [["trace", "--id", "5", "--source", source], "USAGE", /--to is missing/],
    [[...to, "--id", "5", "--source", `${source}x`], "SOURCE_MISSING", /there is no file/],
    [[...to, "--id", "5", "--run-dir", folder], "RUN_NOT_FOUND", /not the folder of a run/],
    [[...to, "--key", "5", "--level", "9", "--frame", "bluemarble"], "TARGET_FRAME", /made in/],
  ])("%j", async (line, code, message) => {
    const { exitCode, stdout, stderr } = await runCli(line);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(new RegExp(`^octoload: ${code}: `));
    expect(stderr).toMatch(message);
  });
});
