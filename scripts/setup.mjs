// Makes a clone ready to run: dependencies, native addon, dist/. Each is done
// once and again when what it came from changed; nothing to do says nothing.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildNative, isNativeStale } from "./build-native.mjs";
import { buildSqlite, isSqliteMissing } from "./build-sqlite.mjs";
import { buildTypeScript, isTypeScriptStale } from "./build-ts.mjs";
import { isMain, packageRoot, readJson } from "./lib/package.mjs";
import { npmCommand, run, secondsSince } from "./lib/run.mjs";

/**
 * @typedef {object} SetupStep
 * @property {string} doing what to tell the user
 * @property {() => boolean} isNeeded
 * @property {() => Promise<void>} carryOut throws an Error that says what to do
 */

/** @type {readonly SetupStep[]} */
const steps = [
  { doing: "installing dependencies (npm ci)", isNeeded: areDependenciesStale, carryOut: install },
  { doing: "compiling native code", isNeeded: isNativeCodeStale, carryOut: compile },
  { doing: "compiling TypeScript", isNeeded: isTypeScriptStale, carryOut: buildTypeScript },
];

/**
 * Does what is missing and says so on stderr, which keeps a program's own
 * output clean.
 *
 * @throws {Error} with the failing step's log and what to do
 */
export async function ensureSetup() {
  checkNodeVersion();
  for (const { doing, isNeeded, carryOut } of steps) {
    if (!isNeeded()) continue;
    process.stderr.write(`octoload set-up: ${doing} ... `);
    const startMs = performance.now();
    try {
      await carryOut();
    } catch (error) {
      process.stderr.write("FAILED\n");
      throw error;
    }
    process.stderr.write(`${secondsSince(startMs)}\n`);
  }
}

/** Set-up as the first thing a script does: a failure ends the process with its message. */
export async function ensureSetupOrExit() {
  try {
    await ensureSetup();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}

function checkNodeVersion() {
  const range = readJson(join(packageRoot, "package.json")).engines.node;
  const wanted = numbers(range);
  const found = numbers(process.version);
  const differing = wanted.findIndex((part, index) => part !== found[index]);
  if (differing >= 0 && (found[differing] ?? 0) < (wanted[differing] ?? 0)) {
    throw new Error(`octoload needs Node ${range}, this is ${process.version}.`);
  }
}

/** @param {string} version */
function numbers(version) {
  return (version.match(/\d+/g) ?? []).map(Number);
}

/**
 * Whether node_modules is not what the lock file says. npm writes what it
 * installed to node_modules/.package-lock.json, last of all: so an install that
 * was interrupted counts as stale, and one made by hand does not.
 */
function areDependenciesStale() {
  const installedLock = join(packageRoot, "node_modules/.package-lock.json");
  if (!existsSync(installedLock)) return true;
  const installed = readJson(installedLock).packages;
  const wanted = readJson(join(packageRoot, "package-lock.json")).packages;
  const isMissing = Object.keys(wanted).some(
    (path) => path !== "" && !wanted[path].optional && installed[path] === undefined,
  );
  const isOther = Object.keys(installed).some(
    (path) => installed[path].version !== wanted[path]?.version,
  );
  return isMissing || isOther;
}

function isNativeCodeStale() {
  return isNativeStale() || isSqliteMissing();
}

/** Both at once: SQLite is one large file, which only one processor compiles. */
async function compile() {
  await Promise.all([
    isSqliteMissing() ? buildSqlite() : undefined,
    isNativeStale() ? buildNative() : undefined,
  ]);
}

/**
 * No package's install script is run here: octoload's own and better-sqlite3's
 * are the next step. (package.json's allowScripts says
 * the same to an npm that knows it; older ones would compile lz4's addon.)
 */
async function install() {
  const npm = npmCommand();
  const { code, output } = await run(npm.program, [
    ...npm.args,
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ]);
  if (code !== 0) {
    throw new Error(
      `${output.trimEnd()}\n\nnpm ci failed; see above. It needs npm on the PATH and the package registry.`,
    );
  }
}

if (isMain(import.meta.url)) await ensureSetupOrExit();
