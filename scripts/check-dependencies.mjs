// Checks which folder may use which, for TypeScript and C++. Exits 1 and names
// each line that breaks a rule.
//
//   node scripts/check-dependencies.mjs [ROOT]     ROOT: by default this package
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { rules } from "./dependency-rules.mjs";
import { packageRoot } from "./lib/package.mjs";

/** Nothing uses the command line, whatever the table allows. */
const usedByNobody = "src/cli";
/** Headers that only a folder listing them in `packages` may include. */
const restrictedHeaders =
  /^(napi|node|node_api|js_native_api|v8|uv|lz4|sqlite3|sqlite3ext)([-_][\w-]+)?\.h$|^node\/|^v8\//;
/** The one folder that loads the addon. */
const addonLoader = "src/native";
/** Names the SQLite extension, which node-gyp gives the same ending. */
const extensionLoader = "src/sqlite";

/**
 * @typedef {object} Use one file naming another
 * @property {string} name as written
 * @property {number} line
 * @property {string | undefined} target path from the root, when it is a file of ours
 */

/**
 * @typedef {object} SourceFile
 * @property {string} path from the root, with "/"
 * @property {string} text
 * @property {readonly Use[]} uses
 */

const root = resolve(process.argv[2] ?? packageRoot);

/** @param {string} folder */
function sourcePaths(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .filter((path) => /\.(ts|mts|cts|cpp|cc|c|h|hpp)$/.test(path))
    .sort();
}

/**
 * Biome's layout is relied on: a static import starts its line.
 *
 * @param {string} path
 * @returns {SourceFile}
 */
function readSource(path) {
  const text = readFileSync(join(root, path), "utf8");
  const pattern = path.startsWith("src/")
    ? /^(?:import|export)\b(?:[^;"'=(]*?\bfrom)?\s*["']([^"']+)["']|^(?!\s*(?:\*|\/\/)).*\b(?:import|require)\(\s*["']([^"']+)["']/gm
    : /^\s*#\s*include\s*[<"]([^>"]+)[>"]/gm;
  const uses = [...text.matchAll(pattern)].map((match) => {
    const name = match[1] ?? match[2] ?? "";
    const line = text.slice(0, match.index + match[0].length).split("\n").length;
    return { name, line, target: targetOf(path, name) };
  });
  return { path, text, uses };
}

/**
 * @param {string} from path of the file that names `name`
 * @param {string} name
 * @returns {string | undefined}
 */
function targetOf(from, name) {
  const besideIt = posix.join(dirname(from), name);
  if (from.startsWith("src/")) {
    return name.startsWith(".") ? besideIt.replace(/\.js$/, ".ts") : undefined;
  }
  return [besideIt, posix.join("native", name)].find((path) => existsSync(join(root, path)));
}

/** @param {string} path */
function folderOf(path) {
  return path.split("/").slice(0, 2).join("/");
}

/**
 * @param {SourceFile} file
 * @returns {string[]} what is wrong with it
 */
function faultsOf(file) {
  const folder = folderOf(file.path);
  const rule = rules[folder];
  if (rule === undefined) return [`${file.path}: ${folder} has no line in the table of rules`];
  const faults = file.uses.flatMap((use) => {
    const fault = use.target === undefined ? packageFault(folder, use) : folderFault(folder, use);
    return fault === undefined ? [] : [`${file.path}:${use.line}: ${fault}`];
  });
  return [...faults, ...indexFaults(file), ...addonFaults(file)];
}

/**
 * @param {string} folder
 * @param {Use} use
 */
function folderFault(folder, { name, target = "" }) {
  const used = folderOf(target);
  if (used === folder) return undefined;
  if (!(used in rules)) return `uses ${name}, which is outside the folders of the table`;
  if (used === usedByNobody) return `uses ${target}; nothing may use ${usedByNobody}`;
  const { mayUse } = rules[folder] ?? { mayUse: [] };
  const top = `${folder.split("/")[0]}/*`;
  if (mayUse.includes(used) || (mayUse.includes(top) && used.startsWith(top.slice(0, -1)))) {
    return undefined;
  }
  return `uses ${target}; ${folder} may use only ${mayUse.join(", ") || "itself"}`;
}

/**
 * @param {string} folder
 * @param {Use} use
 */
function packageFault(folder, { name }) {
  const allowed = rules[folder]?.packages ?? [];
  if (allowed.includes(name)) return undefined;
  const isTypeScript = folder.startsWith("src/");
  if (isTypeScript && name.startsWith("node:")) return undefined;
  if (!isTypeScript && !restrictedHeaders.test(name)) return undefined;
  return `uses ${name}; ${folder} may use ${allowed.join(", ") || "no package"}`;
}

/** @param {SourceFile} file */
function indexFaults({ path, text }) {
  if (path !== "src/index.ts") return [];
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const rest = code.replace(/\bexport\s[^;"']*?\bfrom\s*["'][^"']+["'];/g, "").trim();
  if (rest === "") return [];
  return [`${path}: holds more than "export … from …": ${rest.split("\n")[0]}`];
}

/** @param {SourceFile} file */
function addonFaults({ path, text }) {
  if (!path.startsWith("src/")) return [];
  if ([addonLoader, extensionLoader].includes(folderOf(path))) return [];
  const at = text.search(/\.node["'`]/);
  if (at < 0) return [];
  const line = text.slice(0, at).split("\n").length;
  return [`${path}:${line}: names a .node file; only ${addonLoader} loads the addon`];
}

/**
 * @param {readonly SourceFile[]} files
 * @returns {string[]} each cycle once, as a path of files
 */
function findCycles(files) {
  const usesOf = new Map(files.map(({ path, uses }) => [path, uses]));
  /** @type {Set<string>} */
  const finished = new Set();
  /** @type {string[]} */
  const cycles = [];
  /** @type {(path: string, trail: readonly string[]) => void} */
  const visit = (path, trail) => {
    if (trail.includes(path)) {
      cycles.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
      return;
    }
    if (finished.has(path)) return;
    for (const { target } of usesOf.get(path) ?? []) {
      if (target !== undefined) visit(target, [...trail, path]);
    }
    finished.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

const files = ["src", "native"].flatMap(sourcePaths).map(readSource);
const faults = [...files.flatMap(faultsOf), ...findCycles(files)];
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error("The rules are the table in scripts/dependency-rules.mjs.");
  process.exitCode = 1;
} else {
  const uses = files.reduce((sum, file) => sum + file.uses.length, 0);
  console.log(`${files.length} files, ${uses} imports and includes, no fault`);
}
