import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorEntry } from "../../src/errors/codes.js";
import { type CliResult, runCli } from "./run-cli.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The real command in a process of its own. */
function spawnCli(
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CliResult> {
  const argv = ["--import", "tsx", "src/cli/main.ts", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: folder, env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code);
      resolve({ exitCode, stdout, stderr });
    });
  });
}

describe("octoload", () => {
  it.each<[string, string[], RegExp]>([
    ["an unknown command", ["encoed"], /unknown command 'encoed' \(Did you mean encode\?\)/],
    [
      "an unknown option",
      ["decode", "1", "--levl", "5"],
      /unknown option '--levl' \(Did you mean --level/,
    ],
    ["a missing level", ["encode", "1", "2", "3"], /--level is missing: an integer from 0 to 26/],
    ["a missing value", ["decode", "1", "--level"], /option '--level <level>' argument missing/],
    ["a missing argument", ["encode", "1", "2", "--level", "5"], /missing required argument 'z'/],
    ["an extra argument", ["decode", "1", "2", "--level", "5"], /too many arguments/],
    ["a half number", ["encode", "-12abc", "2", "3", "--level", "5"], /unknown option '-12abc'/],
  ])("refuses %s", async (_case, args, message) => {
    const result = await runCli(args);
    expect(result.exitCode).toBe(3);
    expect(result.stdout).toBe("");
    expect(result.stderr).toMatch(/^octoload: USAGE: /);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toContain("octoload help <command>");
  });

  it("reports an error as JSON on stderr with --json", async () => {
    const refused = await runCli(["encode", "1", "2", "3", "--level", "99", "--json"]);
    expect(refused.stdout).toBe("");
    const remedy = "Use an integer from 0 to 26.";
    const message = `--level must be an integer from 0 to 26, got 99. ${remedy}`;
    expect(JSON.parse(refused.stderr)).toEqual({
      error: { code: "LEVEL_INVALID", message, remedy },
    });
    const unparsed = await runCli(["encode", "--json", "--nope"]);
    expect(JSON.parse(unparsed.stderr)).toMatchObject({ error: { code: "USAGE" } });
    expect(unparsed.exitCode).toBe(3);
  });

  it("prints help and version on stdout, and help on stderr when called bare", async () => {
    const help = await runCli(["--help"]);
    expect(help.exitCode).toBe(0);
    for (const command of ["encode", "decode", "doctor"]) expect(help.stdout).toContain(command);
    const unknown = await runCli(["help", "bogus"]);
    expect(unknown.exitCode).toBe(3);
    expect(unknown.stderr).toContain("USAGE: unknown command 'bogus'");
    const ofCommand = await runCli(["help", "encode"]);
    expect(ofCommand.stdout).toMatch(/--level <level> +octree level, 0 to 26/);
    expect(ofCommand.exitCode).toBe(0);
    const version = await runCli(["--version"]);
    expect(version).toMatchObject({ exitCode: 0, stderr: "" });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    const bare = await runCli([]);
    expect(bare).toEqual({ exitCode: 3, stdout: "", stderr: help.stdout });
  });
});

describe("the process", () => {
  it("prints a code of negative coordinates", async () => {
    const result = await spawnCli(["encode", "-20000000", "5", "3", "--level", "5"], root);
    // Indices 0, 16 and 16: bit 4 of y and z.
    expect(result).toEqual({ exitCode: 0, stdout: `${0b110n << 12n}\n`, stderr: "" });
  });

  it("exits 3 on bad usage", async () => {
    const result = await spawnCli(["encode", "-20000001", "5", "3", "--level", "5"], root);
    expect(result.exitCode).toBe(3);
    expect(result.stdout).toBe("");
    expect(result.stderr).toMatch(/^octoload: OUT_OF_FRAME: x = -20000001 is outside/);
  });
});

describe("with a kernel that does not exist", () => {
  it("refuses to encode, and lets doctor list those there are", async () => {
    const env = { ...process.env, OCTOLOAD_KERNEL: "fastest" };
    const encoded = await spawnCli(["encode", "1", "2", "3", "--level", "5"], root, env);
    expect(encoded.exitCode).toBe(3);
    expect(encoded.stderr).toMatch(/^octoload: KERNEL_UNKNOWN: /);
    const doctor = await spawnCli(["doctor"], root, env);
    expect(doctor.exitCode).toBe(3);
    expect(doctor.stdout).toMatch(/^scalar +runnable +\d+ points equal/m);
    expect(doctor.stdout).toMatch(/\n1 problem:\n {2}KERNEL_UNKNOWN: .*"fastest"/);
  });
});

describe("without the native addon", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "octoload-bare-"));
    cpSync(join(root, "src"), join(folder, "src"), { recursive: true });
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("fails with 5 and the way out", async () => {
    const encoded = await spawnCli(["encode", "1", "2", "3", "--level", "5"], folder);
    expect(encoded.exitCode).toBe(5);
    expect(encoded.stdout).toBe("");
    expect(encoded.stderr).toMatch(/^octoload: NATIVE_MISSING: .*octoload\.node/);
    expect(encoded.stderr).toContain("npm rebuild octoload");
  });

  it("lets doctor tell what it can", async () => {
    const env = { ...process.env, OCTOLOAD_FRAME: "mars" };
    const result = await spawnCli(["doctor", "--json"], folder, env);
    // The graver of the two problems decides.
    expect(result.exitCode).toBe(5);
    expect(result.stderr).toBe("");
    const { code, remedy } = errorEntry("NATIVE_MISSING");
    expect(JSON.parse(result.stdout)).toMatchObject({
      node: process.version,
      addon: null,
      kernels: [],
      problems: [{ code: "FRAME_UNKNOWN" }, { code, remedy }],
    });
  });
});
