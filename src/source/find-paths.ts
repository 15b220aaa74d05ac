import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";

/** SQLite's own files beside a database. */
const companions = /-(wal|shm|journal)$/;

/**
 * The files that paths and globs name, each once, in the order given; a glob's files come sorted by
 * the bytes of their path. In a glob `*` and `?` stand for anything within a name, `[…]` for one
 * character of a set, `**` for any folders; a path that exists is itself, whatever it contains.
 *
 * @throws OctoloadError SOURCE_MISSING, SOURCE_NOT_FILE
 */
export function findPaths(patterns: readonly string[]): readonly string[] {
  if (patterns.length === 0) {
    throw new OctoloadError("SOURCE_MISSING", "no file was named as the source");
  }
  const seen = new Set<string>();
  return patterns.flatMap(pathsOf).filter((path) => {
    const real = realpathSync(path);
    if (seen.has(real)) return false;
    seen.add(real);
    return true;
  });
}

function pathsOf(pattern: string): readonly string[] {
  if (existsSync(pattern)) return [requireFile(pattern)];
  if (!isGlob(pattern)) {
    throw new OctoloadError("SOURCE_MISSING", `there is no file ${JSON.stringify(pattern)}`);
  }
  const found = expandGlob(pattern).filter((path) => !companions.test(path) && isFile(path));
  if (found.length > 0) return found.sort(compareBytes);
  throw new OctoloadError("SOURCE_MISSING", `no file matches ${JSON.stringify(pattern)}`);
}

function requireFile(path: string): string {
  if (isFile(path)) return path;
  const what = statSync(path).isDirectory() ? "a folder" : "no regular file";
  throw new OctoloadError("SOURCE_NOT_FILE", `${JSON.stringify(path)} is ${what}`);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function expandGlob(pattern: string): string[] {
  const isAbsolute = pattern.startsWith("/");
  const parts = pattern.split("/").filter((part) => part !== "");
  if (parts.at(-1) === "**") parts.push("*");
  return expandParts(isAbsolute ? "/" : "", parts);
}

function expandParts(folder: string, parts: readonly string[]): string[] {
  const [part, ...rest] = parts;
  if (part === undefined) return folder === "" ? [] : [folder];
  if (part === "**") {
    const deeper = namesIn(folder).filter(({ isFolder, name }) => isFolder && !isHidden(name));
    const below = deeper.flatMap(({ name }) => expandParts(join(folder, name), parts));
    return [...new Set([...expandParts(folder, rest), ...below])];
  }
  if (!isGlob(part)) {
    const path = join(folder, part);
    return existsSync(path) ? expandParts(path, rest) : [];
  }
  const matcher = matcherOf(part);
  return namesIn(folder)
    .filter(({ name }) => matcher.test(name) && (part.startsWith(".") || !isHidden(name)))
    .flatMap(({ name }) => expandParts(join(folder, name), rest));
}

function isHidden(name: string): boolean {
  return name.startsWith(".");
}

function namesIn(folder: string): { readonly name: string; readonly isFolder: boolean }[] {
  try {
    return readdirSync(folder === "" ? "." : folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return []; // not a folder, or not ours to read: nothing in it matches
  }
}

/** Of one name between slashes. A `[` that is never closed stands for itself. */
function matcherOf(part: string): RegExp {
  const source = part.replace(/\[([!^])?(\]?[^\]]*)\]|[\s\S]/gu, (token, negated, set) => {
    if (token === "*") return ".*";
    if (token === "?") return ".";
    if (set === undefined) return token.replace(/[$()*+.?[\\\]^{|}]/, "\\$&");
    return `[${negated === undefined ? "" : "^"}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
  });
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    return /(?!)/; // a set from a later character to an earlier one: nothing is in it
  }
}
