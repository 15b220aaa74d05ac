import { chooseEngine } from "../../src/encoding/kernel.js";
import { type NativeKernel, nativeAddon } from "../../src/native/addon.js";

const kernels = nativeAddon().kernels;

/** Names of the kernels that this machine runs, best first. */
export const runnableKernels: readonly string[] = kernels
  .filter((kernel) => kernel.runnable)
  .map((kernel) => kernel.name);

/** Those it does not, each with the reason. */
export const absentKernels: readonly NativeKernel[] = kernels.filter((kernel) => !kernel.runnable);

/** One runnable engine a kernel, for describe.each. */
export const engines = runnableKernels.map((name) => ({ name, on: chooseEngine(name) }));

/** For the test log: what was tested, and what could not be and why. */
export function describeKernels(): string {
  const absent = absentKernels.map(({ name, reason }) => `${name} not tested: ${reason}`);
  return [`kernels tested: ${runnableKernels.join(", ")}`, ...absent].join("; ");
}
