import { describe, expect, it } from "vitest";
import { parseChecks } from "../../src/validate/checks/check-names.js";
import {
  chosenChecks,
  fullChecks,
  requireNumbers,
} from "../../src/validate/checks/chosen-checks.js";
import { runCli } from "../cli/run-cli.js";
import { checkCase, keyOfPath, loadedTree, plant, toldShortly } from "../support/check-case.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const hot = "redis://localhost";

describe("what is checked", () => {
  it.each([
    ["nothing named", {}, false, ["sample"]],
    ["a cache", { hot }, false, ["sample", "cache"]],
    ["full", { full: true }, true, []],
    ["full and a cache", { full: true, hot }, true, ["cache"]],
    ["counts", { counts: true }, false, []],
    ["a list", { checks: ["baseline", "integrity"] as const }, false, ["integrity", "baseline"]],
    ["a list with full", { checks: ["spatial", "full"] as const }, true, ["spatial"]],
    ["a list without the cache", { checks: ["spatial"] as const, hot }, false, ["spatial"]],
  ])("with %s", (_name, options, isFull, further) => {
    expect(chosenChecks(options)).toMatchObject({ isFull, further });
  });

  it("is refused where it makes no sense", () => {
    expect(() => chosenChecks({ checks: ["cache"] })).toThrow("--hot");
    expect(() => parseChecks("sample,speed")).toThrow('"speed"');
    expect(() => requireNumbers({ sample: 0 })).toThrow("sample must be an integer from 1");
    expect(() => requireNumbers({ cacheRate: Number.NaN })).toThrow("cacheRate");
    expect(parseChecks(" sample, cache")).toEqual(["sample", "cache"]);
    expect(fullChecks(true)).toEqual(["full", "sample", "integrity", "spatial", "cache"]);
  });
});

describe("octoload validate", () => {
  const command = (made: Awaited<ReturnType<typeof loadedTree>>, ...more: readonly string[]) =>
    runCli([
      ...["validate", made.source, "--to", `sqlite:${made.target}`, "--runs-dir", made.folder],
      ...["--memory", "112M", "--settle", "1", ...more],
    ]);

  it("makes all cheap checks beside --full, and names each wrong row once", async () => {
    const made = await loadedTree(folder, "tile");
    plant(made, "tile", [4], "children_mask = 1");
    plant(made, "tile", [5, 5, 5], "material_id = 99");
    const dir = `${made.folder}/v`;
    const { exitCode, stdout } = await command(made, "--full", "--json", "--validation-dir", dir);
    expect(exitCode).toBe(6);
    const result = JSON.parse(stdout);
    expect(result.checks.map(({ check }: { check: string }) => check)).toEqual([
      ...["rows", "counts", "sample", "integrity", "spatial"],
    ]);
    expect(toldShortly(result.findings)).toEqual(
      [
        `different ${keyOfPath([4])} children_mask`,
        `different ${keyOfPath([5, 5, 5])} material_id`,
      ].sort(),
    );
    expect(result.checks.map(({ findings }: { findings: unknown }) => findings)).toEqual([
      ...[{ different: 2 }, {}, { different: 2 }, { different: 1 }, { different: 1 }],
    ]);
  });

  it("tells a failed sample and what to do next", async () => {
    const made = await loadedTree(folder, "node");
    plant(made, "node", [4, 2], "deleted = 1");
    const { exitCode, stdout } = await command(made, "--validation-dir", `${made.folder}/v`);
    expect(exitCode).toBe(6);
    expect(stdout).toContain("differs from what source.db has");
    expect(stdout).toMatch(/ {2}sample +failed +585 +missing 1/);
    expect(stdout).toMatch(/missing +2 +\d+ +- +\d+ of /);
    expect(stdout).toContain("Next: --full compares every row");
  });

  it.each([
    [["--checks", "speed"], "a check is one of"],
    [["--checks", "cache"], "--hot"],
    [["--sample", "0"], "--sample"],
    [["--repair"], "--full"],
  ])("refuses %j", async (args, text) => {
    const made = { source: "none.db", target: "none.octree", folder };
    const { exitCode, stderr } = await command(made as never, ...args);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(text);
  });

  it("ends when it is told to", async () => {
    const made = await loadedTree(folder, "node");
    const ended = checkCase(made, { checks: ["spatial"] }, { signal: AbortSignal.abort() });
    await expect(ended).rejects.toMatchObject({ code: "VALIDATION_INTERRUPTED" });
  });
});
