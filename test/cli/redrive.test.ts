import { describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { fixRejectedNode, load, loadTree, smallTree } from "../support/redrive-case.js";
import { runCli } from "./run-cli.js";

describe("octoload redrive", () => {
  it("prints the report and exits as a load does", async () => {
    const place = await loadTree(smallTree);
    const args = ["redrive", "--run-dir", place.first, "--new-run-dir"];
    const bad = await runCli([...args, place.second]);
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout).toMatch(/next +octoload redrive --run-dir /);

    fixRejectedNode(place);
    const good = await runCli([...args, `${place.second}-2`, "--json"]);
    expect(good.exitCode).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ outcome: "done", total: 5 });
    const last = String(good.stderr.trim().split("\n").at(-1));
    expect(JSON.parse(last)).toMatchObject({ event: "finished", exitCode: 0 });
  });

  it("says that there is nothing to do", async () => {
    const place = await loadTree(smallTree);
    const args = ["redrive", "--run-dir", place.first, "--code", "KEY_COLLISION"];
    const text = await runCli(args);
    expect([text.exitCode, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/no dead letters of KEY_COLLISION, only of .*: nothing to load/);
    const json = await runCli([...args, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: "nothing", exitCode: 0 });
  });

  it("exits with 3 where it is refused, nothing written", async () => {
    const place = await loadTree(smallTree);
    await backfill({
      ...load,
      sources: [place.source],
      to: [`sqlite:${place.target}`],
      runDir: place.fresh,
    });
    const late = await runCli(["redrive", "--run-dir", place.first, "--json"]);
    expect(late.exitCode).toBe(3);
    expect(late.stderr).toContain("REDRIVE_LATE");
    expect((await runCli(["redrive"])).exitCode).toBe(3);
  });
});
