import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { backfill } from "../../src/backfill/backfill.js";
import type { BackfillHooks } from "../../src/backfill/hooks.js";
import { type RedriveOptions, redrive } from "../../src/backfill/redrive.js";
import type { BackfillOptions } from "../../src/load/load-settings.js";
import type { RunReport } from "../../src/load/run-report.js";
import { deadLettersOf, readJson, smallMemory, targetCells } from "./run-samples.js";
import {
  codeOfPath,
  editRow,
  type Path,
  type RowFault,
  type TreeRow,
  treeValues,
  writeTree,
} from "./small-trees.js";
import { sharedTempFolder } from "./temp-folder.js";

export const redriveFolder = sharedTempFolder();
let made = 0;

export interface Place {
  readonly source: string;
  readonly target: string;
  readonly first: string;
  readonly second: string;
  readonly fresh: string;
}

export function newPlace(): Place {
  made += 1;
  const at = join(redriveFolder, String(made));
  mkdirSync(at);
  return {
    source: join(at, "earth.db"),
    target: join(at, "earth.octree"),
    first: join(at, "first"),
    second: join(at, "second"),
    fresh: join(at, "fresh"),
  };
}

export type FaultyRow = TreeRow & { readonly fault?: RowFault | null };

export const load: BackfillOptions = { maxErrors: "100%", ...smallMemory };

export async function loadTree(rows: readonly FaultyRow[]): Promise<Place> {
  const place = newPlace();
  writeTree(place.source, rows);
  await backfill({
    ...load,
    sources: [place.source],
    to: [`sqlite:${place.target}`],
    runDir: place.first,
  });
  return place;
}

export async function redriven(
  { first, second }: Place,
  options: Partial<RedriveOptions> = {},
  hooks: BackfillHooks = {},
): Promise<RunReport> {
  const result = await redrive({ runDir: first, newRunDir: second, ...options }, hooks);
  if (result.kind === "loaded") return result.report;
  throw new Error("nothing was redriven");
}

/** What a load of the source as it is now comes to. */
export async function freshLoad({ source, fresh }: Place) {
  const { report } = await backfill({
    ...load,
    sources: [source],
    to: [`sqlite:${fresh}.octree`],
    runDir: fresh,
  });
  return { report, cells: targetCells(`${fresh}.octree`) };
}

/** Codes and levels of the rows that a run has written last. */
export function sentBy(runDir: string, target: string): string[] {
  const database = new Database(target, { readonly: true });
  const sent = database
    .prepare<[string], string>(
      "SELECT level || ' ' || morton_code FROM octree_nodes WHERE write_time = CAST(? AS INTEGER)",
    )
    .pluck()
    .all(String(readJson(runDir, "run.json").writeTimeUs));
  database.close();
  return sent.sort();
}

export function keyOf(path: Path): string {
  return `${path.length} ${codeOfPath(path)}`;
}

export function shownLetters(runDir: string): string[] {
  return deadLettersOf(runDir).map(({ rowid, code }) => `${rowid} ${code}`);
}

// Two regions; the first has a rejected node around and above others.
export const rejectedNode = 3n;
export const smallTree: readonly FaultyRow[] = [
  { path: [0], material: 1 },
  { path: [0, 1], material: null },
  { path: [0, 1, 2], material: 2, fault: "x" },
  { path: [0, 1, 2, 3], material: null },
  { path: [0, 1, 2, 3, 4], material: null },
  { path: [0, 1, 5], material: 3 },
  { path: [7], material: 1 },
  { path: [7, 7], material: 2 },
];

/** Gives the rejected node its place. */
export function fixRejectedNode({ source }: Place): void {
  editRow(source, rejectedNode, treeValues({ path: [0, 1, 2], material: 2 }));
}
