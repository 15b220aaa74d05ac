import { expect, it } from "vitest";
import { openTarget } from "../../../src/target/open-target.js";
import type { Target } from "../../../src/target/target.js";
import { runFurtherChecks } from "../../../src/validate/checks/run-checks.js";
import { planValidation } from "../../../src/validate/validation-plan.js";
import { keyOfPath, loadedTree, toldShortly } from "../../support/check-case.js";
import { tempFolder } from "../../support/temp-folder.js";

const folder = tempFolder();

/** A target whose box queries leave out a cell that it has. */
function forgetful(target: Target, key: string): Target {
  async function* getBox(...args: Parameters<Target["getBox"]>) {
    for await (const row of target.getBox(...args)) {
      if (`${row.level} ${row.mortonCode}` !== key) yield row;
    }
  }
  return new Proxy(target, {
    get: (of, name) => (name === "getBox" ? getBox : Reflect.get(of, name, of)),
  });
}

it("finds a row that is there and that a box query does not give", async () => {
  const made = await loadedTree(folder, "node");
  const target = await openTarget(`sqlite:${made.target}`);
  const rows = await target.openRows();
  try {
    const options = {
      to: `sqlite:${made.target}`,
      ...{ sources: [made.source], validationDir: `${made.folder}/v`, settleMs: 1 },
    };
    const plan = await planValidation(options, target);
    // The root is in every box.
    const parts = { plan, options, rows, target: forgetful(target, keyOfPath([])), hooks: {} };
    const { checks, findings } = await runFurtherChecks(["spatial"], parts);
    expect(toldShortly(findings)).toEqual([`missing ${keyOfPath([])}`]);
    expect(findings[0]?.note).toMatch(
      /^the target has it, and its answer for the box .* does not$/,
    );
    expect(checks).toMatchObject([{ status: "failed" }]);
  } finally {
    await rows.close();
    await target.close();
  }
});
