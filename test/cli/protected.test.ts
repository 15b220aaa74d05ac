import { join } from "node:path";
import { expect, it } from "vitest";
import { newFolder, newSource, newTarget, pathOf } from "../backup/backup-case.js";
import { change } from "../support/loaded-target.js";
import { keyValues } from "../support/planted-faults.js";
import { keyOfRow } from "../support/prune-samples.js";
import { readJson, targetCells } from "../support/run-samples.js";
import { runCli } from "./run-cli.js";

it("backfill --protected puts back a target that spoils a row while it is loaded", async () => {
  const to = await newTarget(newSource(25));
  const path = pathOf(to);
  const [code, level] = keyValues("node", keyOfRow(33));
  change(
    path,
    `CREATE TRIGGER spoil AFTER INSERT ON octree_nodes
     WHEN NEW.morton_code = ${code} AND NEW.level = ${level} BEGIN
       UPDATE octree_nodes SET homogeneity = 0.25
       WHERE morton_code = ${code} AND level = ${level};
     END`,
  );
  const before = targetCells(path);
  const runDir = join(newFolder(), "run");
  const { exitCode, stdout, stderr } = await runCli([
    ...["backfill", newSource(40), "--source-name", "earth", "--to", to],
    ...["--protected", "--run-dir", runDir],
  ]);
  expect(exitCode, stdout + stderr).toBe(6);
  expect(readJson(runDir, "protected.json").outcome).toBe("restored");
  expect(targetCells(path)).toEqual(before);
  expect(stdout).toContain("the targets are as they were before: the validation found differences");
});
