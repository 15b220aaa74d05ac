import { join } from "node:path";
import Database from "better-sqlite3";
import { expect } from "vitest";
import type { ValidationResult } from "../../src/validate/result.js";
import { runCli } from "../cli/run-cli.js";
import {
  expectedFindings,
  type PlantedTarget,
  plantFaults,
  toldFindings,
} from "./planted-faults.js";
import { readJson } from "./run-samples.js";

/** Of the Earth that is loaded, proven, sabotaged and proven again. */
export const EARTH_ROWS = 1_000_000;

/** A file with so many rows of the Earth, made by the command. */
export async function earthSource(folder: string): Promise<string> {
  const source = join(folder, "earth.gpkg");
  await command(0, "generate", source, "--nodes", String(EARTH_ROWS), "--order", "shuffled");
  return source;
}

/** @returns the run's write time */
export async function loadByCommand(source: string, to: string, runDir: string): Promise<bigint> {
  await command(0, "backfill", source, "--to", to, "--run-dir", runDir);
  return BigInt(String(readJson(runDir, "run.json").writeTimeUs));
}

/**
 * "level code" of leaves of a loaded embedded target of layout node, scattered over it; neighbours
 * have other materials.
 */
export function scatteredLeaves(path: string): (index: number) => string {
  const database = new Database(path, { readonly: true });
  const materials = database
    .prepare<[], number>(
      `SELECT material_id FROM octree_nodes WHERE children_mask = 0 AND material_id IS NOT NULL
       GROUP BY material_id ORDER BY count(*) DESC LIMIT 2`,
    )
    .pluck()
    .all();
  const [ones = [], others = []] = materials.map((material) =>
    database
      .prepare<[number], string>(
        `SELECT level || ' ' || morton_code FROM octree_nodes
         WHERE children_mask = 0 AND material_id = ?
         ORDER BY morton_code % 1000003, morton_code, level LIMIT 200`,
      )
      .pluck()
      .all(material),
  );
  database.close();
  return (index) => (index % 2 === 0 ? ones : others)[Math.floor(index / 2)] ?? "";
}

/** Validates by the command, plants faults, and validates again: just they have to be named. */
export async function proveAndSabotage(
  source: string,
  { to, runDir, plants }: { to: string; runDir: string; plants: PlantedTarget },
): Promise<void> {
  const validate = async (exitCode: number, name: string) => {
    const where = ["--to", to, "--run", runDir, "--validation-dir", join(runDir, name)];
    const output = await command(exitCode, "validate", source, ...where, "--full", "--json");
    return JSON.parse(output) as ValidationResult;
  };
  const clean = await validate(0, "clean");
  expect(clean).toMatchObject({ findings: [], unchecked: [], rows: { equal: EARTH_ROWS } });
  const planted = await plantFaults(plants, 100);
  const result = await validate(6, "sabotaged");
  expect(toldFindings(result.findings)).toEqual(expectedFindings(planted));
  expect(result.rows?.equal).toBe(EARTH_ROWS - planted.length + 1);
}

async function command(exitCode: number, ...args: readonly string[]): Promise<string> {
  const result = await runCli(args);
  expect(result.exitCode, `${args.join(" ")}\n${result.stdout}\n${result.stderr}`).toBe(exitCode);
  return result.stdout;
}
