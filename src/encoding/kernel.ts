import { OctoloadError } from "../errors/octoload-error.js";
import { addonPath, type NativeAddon, type NativeKernel, nativeAddon } from "../native/addon.js";

/** The addon and the kernel that its calls are to use, by index. */
export interface Engine {
  readonly addon: NativeAddon;
  readonly kernel: number;
}

let chosen: Engine | undefined;

/**
 * The engine of all public functions, chosen at the first call and kept: the
 * kernel that OCTOLOAD_KERNEL names, else the fastest this machine runs.
 *
 * @throws OctoloadError NATIVE_MISSING, NATIVE_MISMATCH, KERNEL_UNKNOWN, KERNEL_UNAVAILABLE.
 */
export function engine(): Engine {
  chosen ??= chooseEngine(process.env.OCTOLOAD_KERNEL);
  return chosen;
}

/** An engine on the kernel of that name (undefined or empty: the fastest), for tests and benches. */
export function chooseEngine(name: string | undefined): Engine {
  const addon = nativeAddon();
  if (name === undefined || name === "") {
    return { addon, kernel: addon.kernels.findIndex((kernel) => kernel.preferred) };
  }
  const kernel = addon.kernels.findIndex((candidate) => candidate.name === name);
  const found = addon.kernels[kernel];
  if (found?.runnable === true) return { addon, kernel };
  throw refusedKernel(name, found, addon.kernels);
}

function refusedKernel(
  name: string,
  found: NativeKernel | undefined,
  kernels: readonly NativeKernel[],
): OctoloadError {
  const usable = kernels.filter((kernel) => kernel.runnable).map((kernel) => kernel.name);
  const list = `those that run here are: ${usable.join(", ")}`;
  if (found === undefined) {
    return new OctoloadError(
      "KERNEL_UNKNOWN",
      `no kernel is called ${JSON.stringify(name)}; ${list}`,
    );
  }
  return new OctoloadError(
    "KERNEL_UNAVAILABLE",
    `kernel ${name} cannot run here: ${found.reason}; ${list}`,
  );
}

/** Name of the kernel that the public functions use. */
export function activeKernel(): string {
  const { addon, kernel } = engine();
  // chooseEngine() found this index in this list.
  return addon.kernels[kernel]?.name ?? "scalar";
}

/** What runs here and why: the content of `octoload doctor`. */
export interface KernelReport {
  readonly active: string;
  /** Best first. */
  readonly kernels: readonly NativeKernel[];
  readonly cpu: string;
  readonly compiler: string;
  /** pdep and pext are slow on this processor, so the bmi2 kernel is not chosen. */
  readonly slowPdep: boolean;
  /** Where the addon lies. */
  readonly path: string;
}

/** @throws OctoloadError as engine() does. */
export function kernelReport(): KernelReport {
  const { kernels, cpu, compiler, slowPdep } = engine().addon;
  return { active: activeKernel(), kernels, cpu, compiler, slowPdep, path: addonPath };
}
