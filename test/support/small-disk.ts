import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/**
 * A file system of its own of so many bytes, gone when the file's tests have ended; undefined where
 * the system lets this process mount none. With CI=true that is a failure: nothing is skipped there.
 */
export function smallDisk(bytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "octoload-disk-"));
  const options = ["-t", "tmpfs", "-o", `size=${bytes}`, "octoload-test", folder];
  try {
    execFileSync("mount", options, { stdio: "ignore" });
  } catch (error) {
    rmdirSync(folder);
    if (process.env.CI === "true") throw error;
    console.warn(`skipped: tests of a full disk, for want of a tmpfs (${String(error)})`);
    return undefined;
  }
  afterAll(() => {
    execFileSync("umount", ["--lazy", folder]);
    rmdirSync(folder);
  });
  return folder;
}
