import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions } from "../load/load-settings.js";
import type { Validate } from "../protect/protect-options.js";
import type { ProtectedResult } from "../protect/protected-backfill.js";
import type { ProtectedFile, ProtectedStep } from "../protect/protected-file.js";
import { backupHooks } from "./backup-text.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, shortPath, writeJson } from "./output.js";
import { formatCount, formatPercent, plainText } from "./progress-text.js";
import { createProgressView, stderrTerminal } from "./progress-view.js";
import { stopOnSignals } from "./run-load.js";

/** Flags that only a protected backfill has. */
export interface ProtectedFlags {
  readonly protected?: true;
  readonly backupDir?: string;
  /** False with --no-source-backup. */
  readonly sourceBackup: boolean;
  readonly rollBack?: true;
}

export function addProtectedOptions(command: Command): Command {
  return command
    .option("--protected", "back up first, validate every row, and put back what went wrong")
    .option("--backup-dir <dir>", "with --protected: for the backups (default: in --run-dir)")
    .option("--no-source-backup", "with --protected: back up the targets alone")
    .option("--roll-back", "with --protected: put the targets of --run-dir back now");
}

/** @throws OctoloadError USAGE: flags that mean nothing in an unprotected run */
export function requireProtected({ backupDir, sourceBackup, rollBack }: ProtectedFlags): void {
  if (backupDir === undefined && sourceBackup && rollBack === undefined) return;
  throw new OctoloadError(
    "USAGE",
    "--backup-dir, --no-source-backup and --roll-back go with --protected",
  );
}

/** What takes no longer says nothing while it runs. */
const QUIET_MS = 2000;

/** `octoload backfill … --protected`: with a way back. */
export async function runProtected(
  load: BackfillOptions,
  flags: ProtectedFlags,
  isJson: boolean,
  validate: Validate,
  io: CliIo,
): Promise<ExitCode> {
  const { protectedBackfill } = await import("../protect/protected-backfill.js");
  const stop = stopOnSignals();
  const view = createProgressView({ terminal: stderrTerminal(io), json: isJson });
  const { onNote, onProgress } = backupHooks("backup", io, stop.signal);
  try {
    const result = await protectedBackfill(
      {
        load,
        validate,
        backupSource: flags.sourceBackup,
        env: io.env,
        ...(flags.backupDir === undefined ? {} : { backupDir: flags.backupDir }),
        ...(flags.rollBack === undefined ? {} : { rollBack: flags.rollBack }),
      },
      {
        signal: stop.signal,
        onStep: (step) => {
          const line = isJson ? JSON.stringify({ event: "step", ...step }) : stepLine(step);
          io.stderr(`${line}\n`);
        },
        onLoad: view.onEvent,
        onValidation: validationWriter(io),
        ...(onNote === undefined ? {} : { onNote }),
        ...(onProgress === undefined ? {} : { onBackup: onProgress }),
      },
    );
    view.close();
    if (isJson) writeJson(io, { runDir: result.runDir, ...result.file, exitCode: result.exitCode });
    else io.stdout(renderProtected(result, load.dryRun === true));
    return exitCodeOf(result);
  } finally {
    view.close();
    stop.release();
  }
}

function exitCodeOf({ exitCode }: ProtectedResult): ExitCode {
  return Object.values(exitCodes).find((known) => known === exitCode) ?? exitCodes.failure;
}

function validationWriter(io: CliIo) {
  let last = performance.now();
  return (rows: number, total: number | null) => {
    if (performance.now() - last < QUIET_MS) return;
    last = performance.now();
    const share = total === null || total === 0 ? "" : `, ${formatPercent((100 * rows) / total)}`;
    io.stderr(`validate: ${formatCount(rows)} rows compared${share}\n`);
  };
}

function stepLine({ kind, target, state, detail }: ProtectedStep): string {
  const of = target === null ? "" : ` of ${target}`;
  return plainText(`octoload: ${kind}${of}: ${state}: ${detail}`);
}

function renderProtected({ runDir, file }: ProtectedResult, isDryRun: boolean): string {
  const steps = file.steps.map(({ kind, target, state, detail }) => [
    kind,
    state,
    plainText(detail),
    target ?? "",
  ]);
  const table = alignColumns([["step", "state", "what", "target"], ...steps]);
  if (isDryRun) return `${table}Nothing was done: --dry-run.\n`;
  return `${table}${alignColumns([
    ["outcome", outcomeText(file)],
    ["recorded", shortPath(`${runDir}/protected.json`)],
    ...(file.outcome === "unfinished" ? [["next", nextText(runDir)]] : []),
  ])}`;
}

function outcomeText({ outcome, failure }: ProtectedFile): string {
  switch (outcome) {
    case "loaded":
      return "loaded, and every row found equal";
    case "restored":
      return `the targets are as they were before: ${failure ?? ""}`;
    case "rolled-back":
      return "the targets are as they were before, as asked for";
    default:
      return "unfinished: nothing was undone";
  }
}

function nextText(runDir: string): string {
  const command = `octoload backfill --protected --run-dir ${shortPath(runDir)}`;
  return `${command} goes on; with --roll-back it puts the targets back`;
}
