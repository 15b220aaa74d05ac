import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findPaths } from "../../src/source/find-paths.js";
import { refusalOf } from "../support/refusal-of.js";

const folder = mkdtempSync(join(tmpdir(), "octoload-paths-"));
afterAll(() => rmSync(folder, { recursive: true }));

const names = [
  "a.gpkg",
  "b.gpkg",
  "B.gpkg",
  "é.gpkg",
  "a.gpkg-wal",
  "a.gpkg-shm",
  "b.gpkg-journal",
  ".hidden.gpkg",
  "x[1].gpkg",
  "y-z.gpkg",
  "sub/c.gpkg",
  "sub/deep/d.gpkg",
  "other/c.sqlite",
];
for (const name of ["sub/deep", "other", "folder.gpkg"]) {
  mkdirSync(join(folder, name), { recursive: true });
}
for (const name of names) writeFileSync(join(folder, name), "");
symlinkSync(join(folder, "a.gpkg"), join(folder, "link.sqlite"));

function find(...patterns: readonly string[]): readonly string[] {
  return findPaths(patterns.map((pattern) => join(folder, pattern))).map((path) =>
    relative(folder, path),
  );
}

describe("findPaths", () => {
  it("sorts a glob's files by their bytes and passes over SQLite's own", () => {
    expect(find("*")).toStrictEqual([
      "B.gpkg",
      "a.gpkg",
      "b.gpkg",
      "x[1].gpkg",
      "y-z.gpkg",
      "é.gpkg",
    ]);
  });

  it.each([
    ["?.gpkg", ["B.gpkg", "a.gpkg", "b.gpkg", "é.gpkg"]],
    ["[ab].gpkg", ["a.gpkg", "b.gpkg"]],
    ["[!ab].gpkg", ["B.gpkg", "é.gpkg"]],
    ["[a-c].gpkg", ["a.gpkg", "b.gpkg"]],
    ["y-*", ["y-z.gpkg"]],
    ["*/c.*", ["other/c.sqlite", "sub/c.gpkg"]],
    ["**/[cd].gpkg", ["sub/c.gpkg", "sub/deep/d.gpkg"]],
    ["sub/**", ["sub/c.gpkg", "sub/deep/d.gpkg"]],
    [".h*", [".hidden.gpkg"]],
    ["x[[]1].gpkg", ["x[1].gpkg"]],
  ])("expands %s", (pattern, found) => {
    expect(find(pattern)).toStrictEqual(found);
  });

  it("takes a path that exists as it is", () => {
    expect(find("x[1].gpkg")).toStrictEqual(["x[1].gpkg"]);
  });

  it("keeps the order given and takes each file once, by whatever name", () => {
    expect(find("b.gpkg", "link.sqlite", "a.gpkg", "[ab].gpkg")).toStrictEqual([
      "b.gpkg",
      "link.sqlite",
    ]);
  });

  it.each([
    [[], "SOURCE_MISSING", "no file was named"],
    [["nothing.gpkg"], "SOURCE_MISSING", 'nothing.gpkg"'],
    [["*.nothing"], "SOURCE_MISSING", "no file matches"],
    [["a.gpkg/*"], "SOURCE_MISSING", "no file matches"],
    [["fold*"], "SOURCE_MISSING", "no file matches"],
    [["[z-a].gpkg"], "SOURCE_MISSING", "no file matches"],
    [["[a.gpkg"], "SOURCE_MISSING", "no file matches"],
    [["sub"], "SOURCE_NOT_FILE", "is a folder"],
  ])("refuses %j", (patterns, code, fault) => {
    const error = refusalOf(() => find(...patterns));
    expect(error.code).toBe(code);
    expect(error.fault).toContain(fault);
  });
});
