// Where things lie: this package's root and the packages it depends on.
// Dependency-free: set-up runs it before anything is installed.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the package's root, without a trailing separator. */
export const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Folder of an installed package. Walks up node_modules as Node does, because a
 * package manager may have hoisted it above this package. (Not require.resolve
 * alone: a package's "exports" may hide its package.json.)
 *
 * @param {string} name
 * @returns {string}
 */
export function packageFolder(name) {
  const searched = createRequire(join(packageRoot, "package.json")).resolve.paths(name) ?? [];
  const found = searched.map((folder) => join(folder, name)).find(isPackage);
  if (found === undefined) {
    throw new Error(
      `the package ${name} is not installed (looked in ${searched[0]} and the folders above): run npm ci in ${packageRoot}`,
    );
  }
  return found;
}

/** @param {string} folder */
function isPackage(folder) {
  return existsSync(join(folder, "package.json"));
}

/**
 * Script that an installed package's command runs, to be started with Node.
 *
 * @param {string} name package
 * @param {string} [command] for a package with several commands
 * @returns {string} absolute path
 */
export function packageCommand(name, command = name) {
  const folder = packageFolder(name);
  const { bin } = readJson(join(folder, "package.json"));
  return join(folder, typeof bin === "string" ? bin : bin[command]);
}

/**
 * @param {string} file
 * @returns {Record<string, any>}
 */
export function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * Whether the module with this `import.meta.url` is the program being run.
 *
 * @param {string} moduleUrl
 */
export function isMain(moduleUrl) {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === realpathSync(fileURLToPath(moduleUrl));
}
