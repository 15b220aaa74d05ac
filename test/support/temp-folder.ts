import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Set by global-setup.ts. */
export const SHARED_FOLDER_VARIABLE = "OCTOLOAD_TEST_FOLDER";

/** A folder of the test file's own, removed when its tests have ended. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "octoload-test-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/**
 * A folder for a module that several test files use, one after the other in one process: removed
 * when all of them have ended.
 */
export function sharedTempFolder(): string {
  return mkdtempSync(join(process.env[SHARED_FOLDER_VARIABLE] ?? tmpdir(), "shared-"));
}
