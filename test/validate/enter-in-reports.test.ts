import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunReport } from "../../src/load/run-report.js";
import { embeddedPlants } from "../support/embedded-plants.js";
import { readJson } from "../support/run-samples.js";
import { tempFolder } from "../support/temp-folder.js";
import { CASE_ROWS, loadedCase, validateCase } from "../support/validation-case.js";

const folder = tempFolder();

const reportIn = (runDir: string) => readJson(runDir, "report.json") as unknown as RunReport;
const validationsIn = (runDir: string) => reportIn(runDir).validations;
const pageIn = (runDir: string) => readFileSync(join(runDir, "report.html"), "utf8");

it("is in the report of the run that loaded the target, the latest of its kind", async () => {
  const made = await loadedCase(folder, "node");
  const clean = await validateCase(made);
  expect(validationsIn(made.runDir)).toEqual([
    {
      validationId: clean.validationId,
      validationDir: clean.validationDir,
      target: `sqlite:${made.target}?layout=node`,
      startedAt: clean.startedAt,
      elapsedMs: clean.elapsedMs,
      exitCode: 0,
      fingerprint: reportIn(made.runDir).source.fingerprint,
      rows: { source: CASE_ROWS, target: CASE_ROWS, equal: CASE_ROWS },
      checks: clean.checks.map(({ check, checked }) => {
        return { check, status: "passed", checked, findings: {} };
      }),
      uncheckedRanges: 0,
      repair: null,
    },
  ]);
  expect(pageIn(made.runDir)).toContain("all is as it should be");
  await embeddedPlants(made.target, "node").remove(7);
  const counted = await validateCase(made, { full: false, counts: true });
  const failed = await validateCase(made);
  expect(validationsIn(made.runDir)).toMatchObject([
    { validationId: counted.validationId, exitCode: 6, rows: { equal: 0 } },
    { validationId: failed.validationId, exitCode: 6, rows: { equal: CASE_ROWS - 1 } },
  ]);
  expect(pageIn(made.runDir)).toMatch(/1 missing/);
  expect(pageIn(made.runDir)).not.toContain("all is as it should be");
});

it("changes nothing of a run without a report, and says where a report is damaged", async () => {
  const made = await loadedCase(folder, "tile");
  const path = join(made.runDir, "report.json");
  rmSync(path);
  const notes: string[] = [];
  const hooks = { onNote: (text: string) => notes.push(text) };
  expect((await validateCase(made, {}, hooks)).exitCode).toBe(0);
  expect([existsSync(path), notes]).toEqual([false, []]);
  writeFileSync(path, "[");
  expect((await validateCase(made, {}, hooks)).exitCode).toBe(0);
  expect(notes).toEqual([expect.stringContaining(`${path} does not have this validation`)]);
  expect(readFileSync(path, "utf8")).toBe("[");
});
