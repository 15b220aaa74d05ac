import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../../src/cli/diagnosis.js";
import { renderDiagnosis } from "../../src/cli/doctor.js";
import { errorEntry } from "../../src/errors/codes.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import { runCli } from "./run-cli.js";

interface Report {
  readonly activeKernel: string;
  readonly addon: { readonly path: string; readonly compiler: string };
  readonly kernels: readonly {
    readonly name: string;
    readonly runnable: boolean;
    readonly active: boolean;
    readonly reason: string;
    readonly selfTest: { readonly points: number; readonly mismatches: number } | null;
  }[];
  readonly problems: readonly unknown[];
}

describe("octoload doctor", () => {
  it("tests every runnable kernel and says why others are not", async () => {
    const { exitCode, stdout, stderr } = await runCli(["doctor", "--json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const report = JSON.parse(stdout) as Report;
    expect(report.addon.path).toMatch(/octoload\.node$/);
    expect(report.addon.compiler).not.toBe("");
    expect(report.problems).toEqual([]);
    expect(report.kernels.filter(({ active }) => active)).toMatchObject([
      { name: report.activeKernel, runnable: true },
    ]);
    expect(report.kernels.map(({ name }) => name)).toContain("scalar");
    for (const { runnable, reason, selfTest } of report.kernels) {
      if (!runnable) expect(reason).not.toBe("");
      if (!runnable) expect(selfTest).toBeNull();
      if (runnable) expect(selfTest?.points).toBeGreaterThan(0);
      if (runnable) expect(selfTest?.mismatches).toBe(0);
    }
  });

  it("shows the same as text", async () => {
    const { stdout } = await runCli(["doctor"]);
    expect(stdout).toMatch(/^octoload {2}\d/);
    expect(stdout).toContain(`node      ${process.version}`);
    expect(stdout).toMatch(/^frame {5}centred \(default\)$/m);
    expect(stdout).toMatch(/^scalar +(active|runnable) +\d+ points equal/m);
    expect(stdout).toMatch(/\nNo problems found\.\n$/);
  });

  it("finds a setting that cannot be used", async () => {
    const env = { OCTOLOAD_FRAME: "mars" };
    const { exitCode, stdout } = await runCli(["doctor"], env);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^frame +invalid$/m);
    expect(stdout).toMatch(/\n1 problem:\n {2}FRAME_UNKNOWN: OCTOLOAD_FRAME: "mars" is neither/);
  });
});

describe("renderDiagnosis", () => {
  const wrong = new OctoloadError("KERNEL_WRONG", "kernel avx2 differs");
  const diagnosis: Diagnosis = {
    version: "1.2.3",
    node: "v20.0.0",
    platform: "linux x64",
    cpu: "Some CPU",
    addon: { path: "/somewhere/octoload.node", compiler: "gcc 13" },
    frame: { name: "centred", origin: "default" },
    activeKernel: "avx2",
    slowPdep: true,
    kernels: [
      { name: "avx512", runnable: false, active: false, reason: "no AVX-512", selfTest: null },
      {
        name: "avx2",
        runnable: true,
        active: true,
        reason: "",
        selfTest: { points: 100, mismatches: 3 },
      },
    ],
    problems: [wrong, wrong],
  };

  it("lines up the kernels and ends with what to do", () => {
    expect(renderDiagnosis(diagnosis)).toBe(
      [
        "octoload  1.2.3",
        "node      v20.0.0",
        "platform  linux x64",
        "cpu       Some CPU",
        "addon     /somewhere/octoload.node",
        "compiler  gcc 13",
        "frame     centred (default)",
        "",
        "kernel  state         self-test       note",
        "avx512  not runnable  -               no AVX-512",
        "avx2    active        3 of 100 WRONG",
        "pdep and pext are slow on this processor.",
        "",
        "2 problems:",
        `  KERNEL_WRONG: kernel avx2 differs. ${errorEntry("KERNEL_WRONG").remedy}`,
        `  KERNEL_WRONG: kernel avx2 differs. ${errorEntry("KERNEL_WRONG").remedy}`,
        "",
      ].join("\n"),
    );
  });
});
