import { OctoloadError } from "../errors/octoload-error.js";
import type { NativeFailure } from "../native/load-addon.js";

/** Codes of native/sort/status.h that have an error of their own. */
const sortCode = Object.freeze({
  noMemory: 3,
  batchTooLarge: 4,
  outputTooSmall: 5,
  firstOfFileSystem: 10,
  inUse: 17,
  notEnoughSpace: 18,
  firstOfFinds: 20,
});

const DISK_FULL_ERRNOS: readonly number[] = [28, 122];

export function isOutputTooSmall(failure: NativeFailure | null): boolean {
  return failure?.[0] === sortCode.outputTooSmall;
}

/**
 * What went wrong with a run's sorted files, as an error for people.
 *
 * RUN_DISK_FULL, RUN_DISK_FAILED (any other refusal of the file system),
 * RUN_IN_USE, SPILL_DAMAGED, RUN_MEMORY; INTERNAL for what should not happen.
 */
export function sortFailure(failure: NativeFailure): OctoloadError {
  const [code, errno, offset, path] = failure;
  if (code === sortCode.inUse) {
    return new OctoloadError("RUN_IN_USE", `another process works in ${path}`);
  }
  if (code === sortCode.notEnoughSpace || DISK_FULL_ERRNOS.includes(errno)) {
    return new OctoloadError("RUN_DISK_FULL", `no room is left to write ${path}`);
  }
  if (code === sortCode.noMemory || code === sortCode.batchTooLarge) {
    return new OctoloadError("RUN_MEMORY", `sorting needs ${offset} bytes of memory at once`);
  }
  if (code >= sortCode.firstOfFinds) {
    const where = path === "" ? "the sorted rows and keys disagree" : `${path}, at byte ${offset}`;
    return new OctoloadError("SPILL_DAMAGED", `a sorted file is not what was written: ${where}`);
  }
  if (code >= sortCode.firstOfFileSystem) {
    return new OctoloadError("RUN_DISK_FAILED", `the system refused ${path} (errno ${errno})`);
  }
  return new OctoloadError("INTERNAL", `a sort failed with code ${code} at ${offset} ${path}`);
}

export function requireSorted(failure: NativeFailure | null): void {
  if (failure !== null) throw sortFailure(failure);
}

/** Numbers of native/derive/deriver.h, Status. */
const TOO_MANY_MATERIALS = 5;
const DERIVE_NO_MEMORY = 6;

export function requireDerived(status: number): void {
  if (status === 0) return;
  if (status === TOO_MANY_MATERIALS) {
    throw new OctoloadError(
      "TOO_MANY_MATERIALS",
      "MaterialId has over a million distinct values below one node",
    );
  }
  if (status === DERIVE_NO_MEMORY) {
    throw new OctoloadError("RUN_MEMORY", "deriving got no memory from the system");
  }
  throw new OctoloadError("SPILL_DAMAGED", `the sorted keys are not what was written (${status})`);
}
