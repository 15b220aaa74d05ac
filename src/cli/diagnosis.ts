import { cpus } from "node:os";
import { activeKernel } from "../encoding/kernel.js";
import { type SelfTestResult, selfTest } from "../encoding/self-test.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { addonPath, type NativeAddon, nativeAddon } from "../native/addon.js";
import { packageVersion } from "../native/package-version.js";
import type { CliIo } from "./io.js";
import { asOctoloadError } from "./output.js";
import { frameSetting } from "./settings.js";

/** A kernel, whether it runs here, and how its results compare with the scalar kernel's. */
export interface KernelCheck {
  readonly name: string;
  readonly runnable: boolean;
  readonly active: boolean;
  /** Why it is not runnable or not chosen by itself; empty otherwise. */
  readonly reason: string;
  /** null where it did not run. */
  readonly selfTest: { readonly points: number; readonly mismatches: number } | null;
}

/** Everything `octoload doctor` found out, in the order it shows it. */
export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  /** null where it could not be loaded. */
  readonly addon: { readonly path: string; readonly compiler: string } | null;
  readonly frame: { readonly name: string; readonly origin: string } | null;
  /** null where none could be chosen. */
  readonly activeKernel: string | null;
  /** pdep and pext are slow on this processor. */
  readonly slowPdep: boolean;
  readonly kernels: readonly KernelCheck[];
  readonly problems: readonly OctoloadError[];
}

/** Looks at everything and throws nothing: what is wrong is in `problems`. */
export function diagnose(io: CliIo): Diagnosis {
  const problems: OctoloadError[] = [];
  const frame = attempt(problems, () => frameSetting(undefined, io));
  // Apart, so that an OCTOLOAD_KERNEL that cannot be used still shows which kernels there are.
  const addon = attempt(problems, nativeAddon);
  const active = addon && attempt(problems, activeKernel);
  return {
    version: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: addon?.cpu ?? cpus()[0]?.model ?? "unknown",
    addon: addon ? { path: addonPath, compiler: addon.compiler } : null,
    frame: frame ? { name: frame.frame.name, origin: frame.origin } : null,
    activeKernel: active ?? null,
    slowPdep: addon?.slowPdep ?? false,
    kernels: addon ? checkKernels(addon, active, problems) : [],
    problems,
  };
}

function checkKernels(
  addon: NativeAddon,
  active: string | undefined,
  problems: OctoloadError[],
): KernelCheck[] {
  return addon.kernels.map(({ name, runnable, reason }) => {
    const result = runnable ? attempt(problems, () => selfTest(name)) : undefined;
    if (result !== undefined && result.mismatches > 0) problems.push(wrongKernel(result));
    return {
      name,
      runnable,
      active: name === active,
      reason,
      selfTest: result ? { points: result.points, mismatches: result.mismatches } : null,
    };
  });
}

function wrongKernel({ name, points, mismatches }: SelfTestResult): OctoloadError {
  return new OctoloadError(
    "KERNEL_WRONG",
    `kernel ${name} differs from the scalar kernel at ${mismatches} of ${points} points`,
  );
}

function attempt<T>(problems: OctoloadError[], act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    problems.push(asOctoloadError(error));
    return undefined;
  }
}
