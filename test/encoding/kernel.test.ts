import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chooseEngine } from "../../src/encoding/kernel.js";
import { activeKernel, kernelReport } from "../../src/index.js";
import { nativeAddon } from "../../src/native/addon.js";
import { batchDigest } from "../support/batch-digest.js";
import { absentKernels, runnableKernels } from "../support/kernels.js";
import { refusalOf } from "../support/refusal-of.js";
import { runProgram } from "../support/run-program.js";

const otherArchitecture = "this build is for another processor architecture";
/** What /proc/cpuinfo calls the features that each kernel needs. */
const cpuFlags: Readonly<Record<string, readonly string[]>> = {
  avx512: ["avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512vbmi", "gfni"],
  bmi2: ["bmi2", "avx2"],
  avx2: ["avx2"],
};

async function forced(name: string): Promise<Record<string, string>> {
  const { exitCode, stdout, stderr } = await runProgram("forced-kernel", {
    env: { OCTOLOAD_KERNEL: name },
  });
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, string>;
}

describe("the kernels of this build", () => {
  it("are five, best first, and scalar always runs", () => {
    const names = nativeAddon().kernels.map(({ name }) => name);
    expect(names).toEqual(["avx512", "bmi2", "avx2", "neon", "scalar"]);
    expect(runnableKernels).toContain("scalar");
  });

  it("are absent only for want of a CPU feature or of the architecture", () => {
    for (const { name, reason } of absentKernels) {
      console.info(`kernel ${name} is not tested here: ${reason}`);
      const foreign = process.arch === "arm64" ? name !== "neon" : name === "neon";
      if (foreign) expect(reason).toBe(otherArchitecture);
      else expect(reason).toMatch(/^the CPU( or the operating system)? lacks [A-Z]/);
    }
  });

  it("run where the kernel of the operating system lists what they need", () => {
    const path = "/proc/cpuinfo";
    if (process.arch !== "x64" || !existsSync(path)) return;
    const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync(path, "utf8"))?.[1]?.split(" "));
    for (const [name, needed] of Object.entries(cpuFlags)) {
      expect(runnableKernels.includes(name), name).toBe(needed.every((flag) => flags.has(flag)));
    }
  });

  it("report what is active, and why one that runs is not preferred", () => {
    const report = kernelReport();
    expect(report.active).toBe(activeKernel());
    expect(runnableKernels).toContain(report.active);
    expect(report.compiler).toMatch(/^(g\+\+|clang) \d/);
    expect(report.path).toMatch(/octoload\.node$/);
    for (const { runnable, preferred, reason } of report.kernels) {
      expect(preferred).toBe(runnable && reason === "");
    }
  });
});

describe("OCTOLOAD_KERNEL", () => {
  it.each(runnableKernels)("%s is used, with the same results", async (name) => {
    expect(await forced(name)).toEqual({ kernel: name, digest: batchDigest() });
  });

  it("left empty means the best one", async () => {
    const best = nativeAddon().kernels.find(({ preferred }) => preferred)?.name;
    expect(await forced("")).toMatchObject({ kernel: best });
  });

  it("mistyped is refused with the names that run", async () => {
    const { code, message } = await forced("avx-512");
    expect(code).toBe("KERNEL_UNKNOWN");
    expect(message).toContain('no kernel is called "avx-512"');
    expect(message).toContain(`those that run here are: ${runnableKernels.join(", ")}`);
  });

  it("of a kernel that cannot run here is refused with the reason", async () => {
    const absent = absentKernels[0];
    if (absent === undefined) throw new Error("no build runs both neon and avx2");
    const { code, message } = await forced(absent.name);
    expect(code).toBe("KERNEL_UNAVAILABLE");
    expect(message).toContain(`kernel ${absent.name} cannot run here: ${absent.reason}`);
    expect(message).toContain(`those that run here are: ${runnableKernels.join(", ")}`);
  });

  it("is case sensitive, as the list of names says", () => {
    expect(refusalOf(() => chooseEngine("SCALAR")).code).toBe("KERNEL_UNKNOWN");
  });
});
