// What the native code is built from and how, stated once: binding.gyp (the
// addon) and test/native/Makefile (its tests) both ask here, so a new source
// file needs no edit and no build can use other flags than the tests did.
//
//   node scripts/native-config.mjs QUESTION...     prints the answers, one a line
//
// Paths are relative to the current folder: neither make nor gyp copes with a
// space in one, and an absolute path holds whatever the user named his folders.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { isMain, packageFolder, packageRoot } from "./lib/package.mjs";
import { listFiles } from "./lib/stamp.mjs";

const addonFolder = "native/addon/";
const sqliteFolder = "native/sqlite/";

/**
 * -ffp-contract=off: a fused multiply-add would change codes. No -march: each
 * kernel switches its own instruction set on and is chosen at run time.
 */
const flagsForBoth = ["-O2", "-ffp-contract=off", "-fvisibility=hidden", "-fPIC"];

/** @type {Record<string, () => readonly string[]>} */
const answers = {
  /** Everything that knows nothing of Node or SQLite. */
  kernels: () =>
    sources().filter((path) => !path.startsWith(addonFolder) && !path.startsWith(sqliteFolder)),
  "sqlite-extension": () => sources().filter((path) => path.startsWith(sqliteFolder)),
  /** The headers of the very SQLite that will load the extension. */
  "sqlite-folder": () => [join(packageFolder("better-sqlite3"), "deps/sqlite3")],
  addon: () => sources().filter((path) => path.startsWith(addonFolder)),
  "lz4-source": () => [join(lz4Folder(), "lz4.c")],
  "lz4-folder": () => [lz4Folder()],
  "node-api-folder": () => [packageFolder("node-addon-api")],
  "node-headers": () => [join(nodeFolder() ?? downloadedNodeFolder(), "include/node")],
  "cxx-flags": () => ["-std=c++20", "-fno-exceptions", "-fno-rtti", ...flagsForBoth],
  /** LZ4 marks its functions as exported; here they are the addon's own business. */
  "c-flags": () => ["-std=c99", ...flagsForBoth, "-DLZ4LIB_VISIBILITY="],
  defines: () => [
    "NAPI_VERSION=8",
    "NODE_ADDON_API_DISABLE_DEPRECATED",
    "NAPI_DISABLE_CPP_EXCEPTIONS",
    // A worker thread may end while its jobs are on the pool: their promises
    // cannot be settled then, which is no reason to abort the process.
    "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
  ],
};

const namesOfPaths = /^(kernels|addon|lz4-.*|node-.*|sqlite-.*)$/;

function sources() {
  return listFiles("native", (path) => path.endsWith(".cpp"));
}

/** Only the C sources of the lz4 package are used, not its addon. */
function lz4Folder() {
  return join(packageFolder("lz4"), "deps/lz4/lib");
}

/**
 * Folder to give node-gyp as --nodedir: the one whose include/node holds the
 * headers of the Node that is running. undefined where there is none;
 * node-gyp then downloads them.
 *
 * @returns {string | undefined}
 */
export function nodeFolder() {
  return [realpathSync(process.execPath), process.execPath]
    .map((program) => dirname(dirname(program)))
    .find((prefix) => existsSync(join(prefix, "include/node/node.h")));
}

/** Where node-gyp put the headers it downloaded: it notes that beside the build. */
function downloadedNodeFolder() {
  const notes = readFileSync(join(packageRoot, "build/config.gypi"), "utf8");
  return JSON.parse(notes.replace(/^#.*$/gm, "")).variables.nodedir;
}

/**
 * @param {string} question
 * @returns {readonly string[]}
 */
function answer(question) {
  const found = answers[question];
  if (found === undefined) {
    throw new Error(`unknown question ${question}: use one of ${Object.keys(answers).join(", ")}`);
  }
  if (!namesOfPaths.test(question)) return found();
  return found().map((path) => relative(process.cwd(), resolve(packageRoot, path)));
}

if (isMain(import.meta.url)) {
  console.log(process.argv.slice(2).flatMap(answer).join("\n"));
}
