import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "../cli/run-cli.js";
import { type BackfillCase, load } from "../support/backfill-case.js";
import { embeddedPlants } from "../support/embedded-plants.js";
import { rejectionOf } from "../support/rejection-of.js";
import { editRow } from "../support/small-trees.js";
import { tempFolder } from "../support/temp-folder.js";
import { CASE_ROWS, loadedCase, validateCase } from "../support/validation-case.js";

const folder = tempFolder();
const changed = { changedOnly: true } as const;
let made = 0;

/** The case's next run: its folder is beside the others. */
function next(one: BackfillCase): BackfillCase {
  made += 1;
  return { ...one, runDir: join(one.folder, `run-${made}`) };
}

describe("a validation of what changed", () => {
  it("passes over what was clean and is the same in the source", async () => {
    const one = await loadedCase(folder, "node");
    const first = await validateCase(one);
    expect(first).toMatchObject({ exitCode: 0, passedOver: null });
    const second = await validateCase(one, changed);
    expect(second).toMatchObject({
      exitCode: 0,
      rows: { source: 0, target: 0, equal: 0 },
      passedOver: { since: first.validationId, ranges: 1, ofRanges: 1, rows: CASE_ROWS },
    });
    // And so do the next ones after it, though their ids of one second have no order.
    let { validationId: since } = second;
    for (let i = 0; i < 4; i += 1) {
      const next = await validateCase(one, changed);
      expect(next.passedOver).toMatchObject({ since, rows: CASE_ROWS });
      since = next.validationId;
    }
  });

  it.each(["node", "tile"] as const)(
    "compares what changed in the source or had findings, layout %s",
    async (layout) => {
      const one = await loadedCase(folder, layout);
      await validateCase(one);
      editRow(one.source, 31n, { Density: 0.5 });
      const found = await validateCase(one, changed);
      expect(found).toMatchObject({ exitCode: 6, passedOver: { ranges: 0, rows: 0 } });
      expect(found.findings).toMatchObject([{ class: "different", source: { rowid: "31" } }]);
      // Nothing changed since, but it was not clean.
      const again = await validateCase(one, changed);
      expect(again.findings).toMatchObject([{ class: "different", source: { rowid: "31" } }]);
      const repaired = await validateCase(one, { ...changed, repair: true });
      expect(repaired).toMatchObject({ exitCode: 0, repair: { sent: 1, repaired: 1 } });
      expect(await validateCase(one, changed)).toMatchObject({
        exitCode: 0,
        rows: { equal: CASE_ROWS },
      });
      expect(await validateCase(one, changed)).toMatchObject({ passedOver: { rows: CASE_ROWS } });
    },
  );

  it("follows loads of what changed, and finds what they should have sent", async () => {
    const one = await loadedCase(folder, "node");
    await validateCase(one);
    editRow(one.source, 40n, { Density: 0.25 });
    await load(next(one), changed);
    editRow(one.source, 41n, { Density: 0.25 });
    await load(next(one), changed);
    expect(await validateCase(one, changed)).toMatchObject({
      exitCode: 0,
      rows: { equal: CASE_ROWS },
    });
    editRow(one.source, 42n, { Density: 0.25 });
    await load(next(one), changed);
    await embeddedPlants(one.target, "node").remove(41);
    const broken = await validateCase(one, changed);
    expect(broken.findings).toMatchObject([{ class: "missing", source: { rowid: "42" } }]);
  });

  it("is told on the command line", async () => {
    const one = await loadedCase(folder, "tile");
    const args = [
      ...["validate", one.source, "--to", `sqlite:${one.target}`, "--runs-dir", one.folder],
      ...["--full", "--memory", "112M", "--settle", "1"],
    ];
    const dir = (name: string) => ["--validation-dir", join(one.folder, name)];
    expect((await runCli([...args, ...dir("v1")])).exitCode).toBe(0);
    const { exitCode, stdout } = await runCli([...args, "--changed-only", ...dir("v2")]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/not compared: as they were when last validated +3,000\n/);
    const wrong = await runCli(["validate", one.source, "--to", "sqlite:x", "--changed-only"]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      3,
      expect.stringContaining("--changed-only goes with --full"),
    ]);
  });
});

describe("a validation of what changed is refused", () => {
  it("where nothing was validated fully", async () => {
    const one = await loadedCase(folder, "node");
    await validateCase(one, { full: false, counts: true });
    const error = await rejectionOf(validateCase(one, changed));
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toContain("no full validation of source");
  });

  it("where all rows were loaded since, or nobody knows what was", async () => {
    const one = await loadedCase(folder, "node");
    await validateCase(one);
    const unknown = next(one);
    await load({ ...unknown, runDir: join(folder, `elsewhere-${made}`) }, {});
    const error = await rejectionOf(validateCase(one, changed));
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toMatch(/the run \S+ wrote to it after the validation /);
    await load(next(one));
    expect((await rejectionOf(validateCase(one, changed))).code).toBe("BASELINE_MISSING");
  });
});
