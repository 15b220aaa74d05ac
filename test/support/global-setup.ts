import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTypeScript, isTypeScriptStale } from "../../scripts/build-ts.mjs";
import { SHARED_FOLDER_VARIABLE } from "./temp-folder.js";

/** Before any test: dist/ as the sources are now, and a folder that is gone after all. */
export async function setup(): Promise<() => void> {
  if (isTypeScriptStale()) await buildTypeScript();
  const folder = mkdtempSync(join(tmpdir(), "octoload-tests-"));
  process.env[SHARED_FOLDER_VARIABLE] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
