// Builds better-sqlite3's addon where its install script did not run: set-up
// installs without scripts. A user's npm runs that script itself.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageFolder, packageRoot } from "./lib/package.mjs";
import { npmCommand, run } from "./lib/run.mjs";
import { nodeFolder } from "./native-config.mjs";

const name = "better-sqlite3";

/** Whether it is not there, or another Node's. */
export function isSqliteMissing() {
  const addon = join(packageFolder(name), "build/Release/better_sqlite3.node");
  if (!existsSync(addon)) return true;
  try {
    createRequire(import.meta.url)(addon);
    return false;
  } catch {
    return true;
  }
}

/** Runs its install script: it takes a ready-made build where there is a network, else compiles. */
export async function buildSqlite() {
  const npm = npmCommand();
  const headers = process.env.npm_config_nodedir ?? nodeFolder();
  const { code, output } = await run(npm.program, [...npm.args, "rebuild", name], {
    cwd: packageRoot,
    env: headers === undefined ? {} : { npm_config_nodedir: headers },
  });
  if (code === 0 && !isSqliteMissing()) return;
  throw new Error(
    `${output.trimEnd()}\n\n${name} could not be built; see above. It needs what octoload's own native code needs: a C++20 compiler, make, python3 and Node's headers.`,
  );
}
