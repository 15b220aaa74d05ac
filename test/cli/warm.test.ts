import { describe, expect, it } from "vitest";
import { runCli } from "./run-cli.js";

const hot = ["--hot", "redis://127.0.0.1:1", "--hot-regions", "level>=12"];
const to = ["--to", "sqlite:none.db"];

describe("octoload warm", () => {
  it.each([
    ["no target", hot, "--to is missing"],
    ["no cache", [...to], "--hot is missing"],
    ["no regions", [...to, "--hot", "redis://h"], "--hot-regions"],
    ["regions that are none", [...to, ...hot, "--hot-regions", "warm:5"], "no such predicate"],
    ["a target that is not there", [...to, ...hot], "there is no file"],
    ["a target that keeps nothing", ["--to", "null:", ...hot], "keeps no row"],
    ["a rate that is none", [...to, ...hot, "--max-rows-per-second", "0"], "rows a second"],
    ["a time that is none", [...to, ...hot, "--outage-timeout", "-1"], "--outage-timeout"],
    ["a size that is none", [...to, ...hot, "--hot-max-memory", "much"], "--hot-max-memory"],
    ["an argument", ["earth.gpkg", ...to, ...hot], "too many arguments"],
  ])("refuses %s", async (_what, args, text) => {
    const { exitCode, stdout, stderr } = await runCli(["warm", ...args]);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toContain(text);
  });

  it("refuses several targets of the settings", async () => {
    const env = { OCTOLOAD_TO: "sqlite:a.db\nsqlite:b.db" };
    const { exitCode, stderr } = await runCli(["warm", ...hot], env);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("several targets");
  });
});
