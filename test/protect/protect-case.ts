import { existsSync } from "node:fs";
import { join } from "node:path";
import { backfill } from "../../src/backfill/backfill.js";
import type {
  ProtectedOptions,
  ProtectHooks,
  Validate,
} from "../../src/protect/protect-options.js";
import { type ProtectedResult, protectedBackfill } from "../../src/protect/protected-backfill.js";
import { newFolder, pathOf } from "../backup/backup-case.js";
import { smallMemory, targetCells } from "../support/run-samples.js";

/** Compares an embedded target with a load of the source into a new one. */
export const freshLoadValidation: Validate = async ({ load, to, validationDir }) => {
  const folder = newFolder();
  const fresh = `sqlite:${join(folder, "fresh.octree")}`;
  const { runDir: _, to: __, ...same } = load;
  await backfill({ ...same, to: [fresh], runDir: join(folder, "run") });
  const wanted = new Map(targetCells(pathOf(fresh)).map((cell) => [keyOf(cell), textOf(cell)]));
  const found = new Map(targetCells(pathOf(to)).map((cell) => [keyOf(cell), textOf(cell)]));
  const keys = new Set([...wanted.keys(), ...found.keys()]);
  const other = [...keys].filter((key) => wanted.get(key) !== found.get(key)).length;
  return { exitCode: other === 0 ? 0 : 6, validationDir, rows: keys.size, found: other };
};

type Cell = ReturnType<typeof targetCells>[number];

const keyOf = ({ level, code }: Cell) => `${level} ${code}`;
const textOf = (cell: Cell) =>
  JSON.stringify(cell, (_key, value: unknown) => {
    return typeof value === "bigint" ? String(value) : value;
  });

export interface ProtectCase {
  readonly source: string;
  readonly to: readonly string[];
  readonly runDir: string;
}

export function protect(
  { source, to, runDir }: ProtectCase,
  options: Partial<ProtectedOptions> = {},
  hooks: ProtectHooks = {},
): Promise<ProtectedResult> {
  const load = { sources: [source], sourceName: "earth", to, runDir, ...smallMemory };
  const { load: more = {}, ...others } = options;
  return protectedBackfill(
    { validate: freshLoadValidation, ...others, load: { ...load, ...more } },
    hooks,
  );
}

/** As it is recorded: kind and state of each step. */
export function statesOf({ file }: ProtectedResult): string[] {
  return file.steps.map(({ kind, state }) => `${kind}: ${state}`);
}

/** undefined: there is no such target. */
export function cellsOf(url: string) {
  return existsSync(pathOf(url)) ? targetCells(pathOf(url)) : undefined;
}
