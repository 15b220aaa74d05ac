// Notices when something built is older than what it was built from: a stamp
// file holds the hash of all inputs. Contents, not times: a fresh clone and a
// switched branch give any times.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "./package.mjs";

/**
 * Files below a folder, sorted, as paths relative to the package's root.
 *
 * @param {string} folder relative to the package's root
 * @param {(path: string) => boolean} wanted
 * @returns {string[]}
 */
export function listFiles(folder, wanted) {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(path, wanted);
      return wanted(path) ? [path] : [];
    })
    .sort();
}

/**
 * @param {readonly string[]} files relative to the package's root
 * @param {readonly unknown[]} facts whatever else the output depends on
 * @returns {string}
 */
export function hashInputs(files, facts) {
  const hash = createHash("sha256").update(JSON.stringify(facts));
  for (const file of files) {
    const content = readFileSync(join(packageRoot, file));
    hash.update(`\n${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/** @param {string} stampFile relative to the package's root */
export function readStamp(stampFile) {
  try {
    return readFileSync(join(packageRoot, stampFile), "utf8");
  } catch {
    return undefined;
  }
}

/**
 * @param {string} stampFile relative to the package's root
 * @param {string} hash
 */
export function writeStamp(stampFile, hash) {
  const path = join(packageRoot, stampFile);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, hash);
}
