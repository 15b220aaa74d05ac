import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.js";

const localFrame = { name: "local", min: [0, 0, 0], size: [8, 8, 8] };

describe("settings", () => {
  const home = process.cwd();
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "octoload-settings-"));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  /** The frame's name and the code at level 3 of the point (7, 7, 7). */
  async function encoded(flags: string[], env: Record<string, string> = {}) {
    const args = ["encode", "7", "7", "7", "--level", "3", "--json", ...flags];
    const { exitCode, stdout, stderr } = await runCli(args, env);
    return exitCode === 0 ? (JSON.parse(stdout) as { frame: string; code: string }) : stderr;
  }

  function writeSettings(settings: unknown): void {
    writeFileSync("octoload.json", JSON.stringify(settings));
  }

  it("come from the flag, then the environment, then octoload.json, then the default", async () => {
    writeFileSync("local.json", JSON.stringify(localFrame));
    writeFileSync("other.json", JSON.stringify({ ...localFrame, name: "other" }));
    expect(await encoded([])).toMatchObject({ frame: "centred" });
    writeSettings({ frame: "./local.json" });
    expect(await encoded([])).toMatchObject({ frame: "local", code: "511" });
    const env = { OCTOLOAD_FRAME: "other.json" };
    expect(await encoded([], env)).toMatchObject({ frame: "other", code: "511" });
    expect(await encoded(["--frame", "bluemarble"], env)).toMatchObject({ frame: "bluemarble" });
  });

  it("may describe the frame itself in octoload.json", async () => {
    writeSettings({ frame: localFrame });
    expect(await encoded([])).toMatchObject({ frame: "local", code: "511" });
  });

  it("count as unset when the variable is empty", async () => {
    expect(await encoded([], { OCTOLOAD_FRAME: "" })).toMatchObject({ frame: "centred" });
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ["flag", ["--frame", "mars"], {}, /"FRAME_UNKNOWN","message":"--frame: \\"mars\\" is neither/],
    ["empty flag", ["--frame", ""], {}, /"FRAME_UNKNOWN","message":"--frame: \\"\\" is neither/],
    ["variable", [], { OCTOLOAD_FRAME: "mars" }, /"FRAME_UNKNOWN","message":"OCTOLOAD_FRAME: /],
  ])("that are wrong name the %s", async (_origin, flags, env, message) => {
    expect(await encoded(flags, env)).toMatch(message);
  });

  it.each<[string, RegExp]>([
    ["{", /SETTINGS_INVALID.*octoload.json is not JSON/],
    ["[]", /SETTINGS_INVALID.*must hold an object, got an array of 0/],
    [
      '{"fraem":"centred"}',
      /SETTINGS_INVALID.*sets \\"fraem\\", which is no setting .known: frame/,
    ],
    ['{"frame":5}', /SETTINGS_INVALID.*must be a frame's name, path or description, got 5/],
    ['{"frame":null}', /SETTINGS_INVALID.*got null/],
    ['{"frame":"mars"}', /FRAME_UNKNOWN.*in octoload.json: \\"mars\\" is neither/],
    ['{"frame":{"name":"a"}}', /FRAME_INVALID.*in octoload.json: min is missing/],
  ])("that are wrong in octoload.json are refused: %s", async (text, message) => {
    writeFileSync("octoload.json", text);
    expect(await encoded([])).toMatch(message);
  });
});
