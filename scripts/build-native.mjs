// Builds the addon, build/Release/octoload.node, unless it is up to date.
// npm runs this when octoload is installed; `npm run build:native` does too.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { isMain, packageCommand, packageFolder, packageRoot, readJson } from "./lib/package.mjs";
import { run, secondsSince } from "./lib/run.mjs";
import { hashInputs, listFiles, readStamp, writeStamp } from "./lib/stamp.mjs";
import { nodeFolder } from "./native-config.mjs";

const addonFile = "build/Release/octoload.node";
const extensionFile = "build/Release/octoload_sqlite.node";
const stampFile = "build/native.stamp";

const needed = `octoload's native code could not be compiled; the log is above. It needs
  - a C++20 compiler (g++ 11 or newer, or clang 14 or newer)
  - make
  - python3
  - Node's headers: include/node beside its bin/, or a network to download them from
Debian or Ubuntu: apt-get install g++ make python3
macOS:            xcode-select --install
Then try again:   npm run build:native   (in ${packageRoot})`;

/** Whether the addon is missing, older than its sources, or another machine's. */
export function isNativeStale() {
  const isMissing = !existsSync(join(packageRoot, extensionFile));
  return isMissing || readStamp(stampFile) !== inputsHash() || !isLoadable();
}

/** A folder copied from a machine with another C library has a build that is complete but useless. */
function isLoadable() {
  try {
    createRequire(import.meta.url)(join(packageRoot, addonFile));
    return true;
  } catch {
    return false;
  }
}

/** Builds the addon; throws with the compiler's log and what was needed. */
export async function buildNative() {
  const hash = inputsHash();
  await runNodeGyp("configure", "build");
  writeStamp(stampFile, hash);
}

/**
 * @param {readonly string[]} commands of node-gyp. Not "rebuild" or "clean": they delete all of
 *   build/, that of the native tests too.
 */
export async function runNodeGyp(...commands) {
  const headers = process.env.npm_config_nodedir ?? nodeFolder();
  const { code, output } = await run(
    process.execPath,
    [
      packageCommand("node-gyp"),
      ...commands,
      `--jobs=${availableParallelism()}`,
      ...(headers === undefined ? [] : [`--nodedir=${headers}`]),
    ],
    { env: { PATH: pathWithThisNode() } },
  );
  if (code !== 0) throw new Error(`${output.trimEnd()}\n\n${needed}`);
}

/** binding.gyp runs `node`: it has to be this one. */
function pathWithThisNode() {
  return [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
}

function inputsHash() {
  const files = [
    ...listFiles("native", () => true),
    "binding.gyp",
    "scripts/build-native.mjs",
    "scripts/native-config.mjs",
  ];
  const { CC, CXX, CFLAGS, CXXFLAGS } = process.env;
  const versions = ["lz4", "node-addon-api", "better-sqlite3"].map(
    (name) => readJson(join(packageFolder(name), "package.json")).version,
  );
  const node = [process.version, process.platform, process.arch];
  return hashInputs(files, [...node, ...versions, CC, CXX, CFLAGS, CXXFLAGS]);
}

async function main() {
  if (!isNativeStale()) {
    console.log("octoload: the native addon is up to date");
    return;
  }
  const startMs = performance.now();
  await buildNative();
  console.log(`octoload: built ${addonFile} in ${secondsSince(startMs)}`);
}

if (isMain(import.meta.url)) {
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
