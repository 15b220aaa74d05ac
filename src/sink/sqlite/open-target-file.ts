import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { TargetMeta } from "../target-meta.js";
import { targetFailure } from "./failure.js";
import { readMeta } from "./meta.js";
import { openExisting } from "./open-existing.js";

/**
 * Opens an embedded target that has been loaded, to read it.
 *
 * @param require throws where the target is not what is wanted
 * @throws OctoloadError TARGET_*
 */
export function openTargetFile(
  path: string,
  require: (meta: TargetMeta) => void,
): { readonly database: Database.Database; readonly meta: TargetMeta } {
  if (!existsSync(path)) throw new OctoloadError("TARGET_MISSING", `there is no file ${path}`);
  let database: Database.Database | undefined;
  try {
    database = openExisting(path);
    const meta = readMeta(database, path);
    if (meta === undefined) {
      throw new OctoloadError("TARGET_MISSING", `${path} is an empty database`);
    }
    require(meta);
    return { database, meta };
  } catch (error) {
    database?.close();
    throw targetFailure(path, error);
  }
}
