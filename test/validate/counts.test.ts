import { expect, it } from "vitest";
import { load } from "../support/backfill-case.js";
import { embeddedPlants } from "../support/embedded-plants.js";
import { change } from "../support/loaded-target.js";
import { strayKey } from "../support/planted-faults.js";
import { keyOfRow } from "../support/prune-samples.js";
import { tempFolder } from "../support/temp-folder.js";
import { CASE_ROWS, loadedCase, validateCase } from "../support/validation-case.js";

const folder = tempFolder();
const counts = { full: false, counts: true };

it("counts what should be there and what is", async () => {
  const made = await loadedCase(folder, "node", { 4: { Level: "deep" }, 5: { Level: 25n } });
  const good = await validateCase(made, counts);
  expect(good).toMatchObject({ exitCode: 0, findings: [], rows: { source: CASE_ROWS - 2 } });
  expect(good.checks).toMatchObject([
    { check: "counts", status: "passed", checked: CASE_ROWS - 2, notes: [] },
  ]);
  const plants = embeddedPlants(made.target, "node");
  await plants.remove(10);
  await plants.remove(11);
  const few = await validateCase(made, counts);
  expect(few).toMatchObject({
    exitCode: 6,
    checks: [{ status: "failed", findings: { missing: 2 } }],
  });
  expect(few.checks[0]?.notes[0]).toContain(`${CASE_ROWS - 4} rows, expected ${CASE_ROWS - 2}`);
  await plants.insert(strayKey, await plants.read(12));
  const full = await validateCase(made);
  expect(full.checks).toMatchObject([
    { check: "rows", status: "failed", findings: { missing: 2, extra: 1 } },
    { check: "counts", status: "failed", findings: {} },
  ]);
});

it("knows of rows that the target did not take", async () => {
  const made = await loadedCase(folder, "node");
  const code = keyOfRow(6).split(" ")[1];
  change(made.target, `DELETE FROM octree_nodes WHERE morton_code = ${code}`);
  change(
    made.target,
    `CREATE TRIGGER refuse BEFORE INSERT ON octree_nodes WHEN NEW.morton_code = ${code}
       BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  );
  await load(made, { runDir: `${made.runDir}2` });
  const counted = await validateCase(made, counts);
  expect(counted).toMatchObject({ exitCode: 0, checks: [{ status: "passed" }] });
  const full = await validateCase(made);
  expect(full.checks.map(({ status }) => status)).toEqual(["passed", "passed"]);
});
