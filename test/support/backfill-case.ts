import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { backfill } from "../../src/backfill/backfill.js";
import type { BackfillHooks } from "../../src/backfill/hooks.js";
import { type BackfillOptions, MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { RunReport } from "../../src/load/run-report.js";
import { exportTarget } from "../../src/target/export.js";
import { runCli } from "../cli/run-cli.js";
import {
  exportedRows,
  readTable,
  type SourceTable,
  shownRows,
  writeTable,
} from "./source-tables.js";

/** A source, a target that is not there yet, and a run directory that is not either. */
export interface BackfillCase {
  readonly folder: string;
  readonly source: string;
  /** Path of the embedded target. */
  readonly target: string;
  readonly runDir: string;
}

export function backfillCase(parent: string, table: SourceTable): BackfillCase {
  const folder = mkdtempSync(join(parent, "case-"));
  const source = join(folder, "source.db");
  writeTable(source, table);
  return { folder, source, target: join(folder, "target.octree"), runDir: join(folder, "run") };
}

/** Loads a case with the least memory; `changes` wins over the usual options. */
export async function load(
  { source, target, runDir }: BackfillCase,
  changes: BackfillOptions = {},
  hooks: BackfillHooks = {},
): Promise<RunReport> {
  const options = { sources: [source], to: [`sqlite:${target}`], runDir, ...changes };
  const orders = new Set(options.to.map((url) => url.includes("layout=tile"))).size;
  const memoryBytes = MIN_MEMORY_BYTES * Math.max(1, orders);
  const { report } = await backfill({ memoryBytes, ...options }, hooks);
  return report;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly report: RunReport | undefined;
  readonly error:
    | { readonly code: string; readonly message: string; readonly remedy: string }
    | undefined;
}

/** `octoload backfill` on a case, as a command line. */
export async function loadCommand(
  { source, target, runDir }: BackfillCase,
  ...args: readonly string[]
): Promise<CommandResult> {
  return command(source, "--to", `sqlite:${target}`, "--run-dir", runDir, ...args);
}

/** `octoload backfill --json` with the least memory and these arguments. */
export async function command(...args: readonly string[]): Promise<CommandResult> {
  const memory = String(MIN_MEMORY_BYTES);
  const { exitCode, stdout, stderr } = await runCli([
    ...["backfill", "--json", "--memory", memory, ...args],
  ]);
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  const parsed = last === "" ? {} : (JSON.parse(last) as Partial<CommandResult>);
  return {
    exitCode,
    report: stdout === "" ? undefined : (JSON.parse(stdout) as RunReport),
    error: parsed.error,
  };
}

/** What an export of the target gives back, to be compared with sourceRows(). */
export async function exportOf({ folder, target }: BackfillCase): Promise<string[]> {
  const out = join(mkdtempSync(join(folder, "out-")), "out.gpkg");
  await exportTarget(`sqlite:${target}`, out);
  return exportedRows(out);
}

export function sourceRows({ source }: Pick<BackfillCase, "source">, table = "nodes"): string[] {
  return shownRows(readTable(source, table));
}
