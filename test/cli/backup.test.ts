import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newFolder, newSource, newTarget, pathOf } from "../backup/backup-case.js";
import { targetCells } from "../support/run-samples.js";
import { runCli } from "./run-cli.js";

describe("octoload backup and restore", () => {
  it("copy a source and put it back to a new path", async () => {
    const [source, out, to] = [newSource(30), join(newFolder(), "b"), join(newFolder(), "back.db")];
    const made = await runCli(["backup", source, "--out", out]);
    expect([made.exitCode, made.stderr]).toEqual([0, ""]);
    expect(made.stdout).toMatch(/table nodes +30 rows/);
    expect(made.stdout).toMatch(/next +octoload restore .* --to NEW_PATH/);
    const back = await runCli(["restore", out, "--to", to]);
    expect([back.exitCode, back.stderr]).toEqual([0, ""]);
    expect(back.stdout).toContain("read back: SHA-256");
    expect(readFileSync(to)).toEqual(readFileSync(join(out, "earth.db")));
    const again = await runCli(["restore", out, "--to", to, "--json"]);
    expect([again.exitCode, again.stderr]).toEqual([3, expect.stringContaining("OUTPUT_EXISTS")]);
  });

  it("put a target back where it was, if they may", async () => {
    const target = await newTarget(newSource(30));
    const before = targetCells(pathOf(target));
    const out = join(newFolder(), "b");
    const made = await runCli(["backup", "--from", target, "--out", out, "--json"]);
    expect(JSON.parse(made.stdout)).toMatchObject({ path: out, content: { kind: "embedded" } });
    const refused = await runCli(["restore", out]);
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining("--replace")]);
    const back = await runCli(["restore", out, "--replace", "--json"]);
    expect(JSON.parse(back.stdout)).toMatchObject({
      kind: "files",
      files: [{ path: pathOf(target) }],
    });
    expect(targetCells(pathOf(target))).toEqual(before);
  });

  it("are refused without what they need", async () => {
    const [source, out] = [newSource(3), join(newFolder(), "b")];
    const target = `sqlite:${join(newFolder(), "none.octree")}`;
    const cases: [string[], string][] = [
      [["backup", source], "--out is missing"],
      [["backup", "--out", out], "a source's files, or a target"],
      [["backup", source, "--from", target, "--out", out], "a source's files, or a target"],
      [["backup", "--from", target, "--out", out, "--no-export"], "--no-export needs --nodetool"],
      [["backup", "--from", target, "--out", out], "TARGET_MISSING"],
      [["backup", "/nowhere/x.db", "--out", out], "SOURCE_MISSING"],
      [["restore", out], "BACKUP_NOT_FOUND"],
      [["restore"], "missing required argument"],
    ];
    for (const [args, fault] of cases) {
      const { exitCode, stdout, stderr } = await runCli(args);
      expect([exitCode, stdout, stderr], args.join(" ")).toEqual([
        3,
        "",
        expect.stringContaining(fault),
      ]);
    }
    expect(existsSync(out)).toBe(false);
  });
});
