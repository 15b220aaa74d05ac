import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";

/**
 * A suite with a file system of its own of so many bytes, gone when the file's tests have ended.
 * Where the system lets this process mount none, the suite is a todo whose name says why; with
 * CI=true that is a failure: nothing is skipped there.
 */
export function describeOnSmallDisk(
  bytes: number,
  name: string,
  suite: (disk: string) => void,
): void {
  const disk = mkdtempSync(join(tmpdir(), "octoload-disk-"));
  const options = ["-t", "tmpfs", "-o", `size=${bytes}`, "octoload-test", disk];
  try {
    execFileSync("mount", options, { stdio: "pipe" });
  } catch (error) {
    rmdirSync(disk);
    if (process.env.CI === "true") throw error;
    const [why = ""] = String(error).split("\n").slice(-2);
    console.warn(`skipped: ${name}: no tmpfs can be mounted: ${why}`);
    describe.todo(`${name} (skipped: no tmpfs can be mounted: ${why})`);
    return;
  }
  afterAll(() => {
    execFileSync("umount", ["--lazy", disk]);
    rmdirSync(disk);
  });
  describe(name, () => suite(disk));
}
