import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Layout } from "../../src/encoding/layout.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { tableOf } from "../../src/sink/sqlite/schema.js";
import type { CheckResult, Finding, ValidationResult } from "../../src/validate/result.js";
import { validate } from "../../src/validate/validate.js";
import type { ValidateHooks, ValidateOptions } from "../../src/validate/validate-options.js";
import { type BackfillCase, load } from "./backfill-case.js";
import { change } from "./loaded-target.js";
import { keyCondition } from "./planted-faults.js";
import { codeOfPath, type Path, type TreeRow, writeTree } from "./small-trees.js";

/** All cells of levels 0 to 3, parents before children: the row of a path has a rowid by its place. */
export const treePaths: readonly Path[] = pathsDownTo(3);

function pathsDownTo(level: number): Path[] {
  if (level === 0) return [[]];
  const above = pathsDownTo(level - 1);
  const parents = above.filter((path) => path.length === level - 1);
  const octants = [0, 1, 2, 3, 4, 5, 6, 7];
  return [...above, ...parents.flatMap((path) => octants.map((octant) => [...path, octant]))];
}

export function rowidOf(path: Path): bigint {
  const text = path.join();
  return BigInt(treePaths.findIndex((one) => one.join() === text) + 1);
}

/** "level code" */
export function keyOfPath(path: Path): string {
  return `${path.length} ${codeOfPath(path)}`;
}

/** Leaves have materials of their own, the others none: what they hold is mixed. */
export function treeRows(): TreeRow[] {
  return treePaths.map((path, i) => ({
    path,
    material: path.length === 3 ? (i * 7) % 5 : null,
    created: 1_700_000_000 + i,
  }));
}

/** A whole tree, loaded into an embedded target. */
export async function loadedTree(
  folder: string,
  layout: Layout,
  rows: Parameters<typeof writeTree>[1] = treeRows(),
): Promise<BackfillCase> {
  const dir = mkdtempSync(join(folder, "tree-"));
  const source = join(dir, "source.db");
  writeTree(source, rows);
  const made = {
    folder: dir,
    source,
    target: join(dir, "target.octree"),
    runDir: join(dir, "run"),
  };
  const to = [`sqlite:${made.target}?layout=${layout}`];
  await load(made, { to, memoryBytes: MIN_MEMORY_BYTES, maxErrors: 1000 });
  return made;
}

/** Changes the target's row of a path behind octoload's back. */
export function plant(made: BackfillCase, layout: Layout, path: Path, set: string): void {
  const where = keyCondition(layout, keyOfPath(path));
  change(made.target, `UPDATE ${tableOf[layout]} SET ${set} WHERE ${where}`);
}

/** Makes some checks of a case. */
export function checkCase(
  { folder, target, source }: BackfillCase,
  options: Partial<ValidateOptions> = {},
  hooks: ValidateHooks = {},
): Promise<ValidationResult> {
  const usual = {
    to: `sqlite:${target}`,
    sources: [source],
    runsDir: folder,
    validationDir: join(folder, `validation-${readdirSync(folder).length}`),
    memoryBytes: MIN_MEMORY_BYTES,
    settleMs: 1,
  };
  return validate({ ...usual, ...options }, hooks);
}

/** The only check of a result. */
export function onlyCheck({ checks }: ValidationResult): CheckResult {
  const [check] = checks;
  if (check === undefined || checks.length > 1) throw new Error(`${checks.length} checks, not one`);
  return check;
}

/** "class level code columns" of each, ascending. */
export function toldShortly(findings: readonly Finding[]): string[] {
  return findings
    .map(({ class: name, level, code, columns }) => `${name} ${level} ${code} ${columns.join()}`)
    .map((text) => text.trimEnd())
    .sort();
}
