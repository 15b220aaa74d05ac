import type { Command } from "commander";
import type { RestoreResult } from "../backup/restore.js";
import { backupHooks, contentLines } from "./backup-text.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, shortPath, writeJson } from "./output.js";
import { formatCount } from "./progress-text.js";
import { stopOnSignals } from "./run-load.js";

interface RestoreFlags {
  readonly to?: string;
  readonly replace?: true;
  readonly json?: true;
}

/** `octoload restore DIR`: puts back what a backup holds, and proves it. */
export function addRestoreCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("restore")
    .summary("put back what a backup holds, and prove it")
    .description(
      "Put back what a backup holds, read it again, and compare. A source goes to a path where nothing is; a target is replaced only with --replace, and never while dual write is on.",
    )
    .argument("<backup>", "the folder that `octoload backup` made")
    .option("--to <place>", "a source: a new path; a target: its URL (default: the one backed up)")
    .option("--replace", "what the target holds now may go")
    .option("--json", "print the result as JSON")
    .action(async (backup: string, flags: RestoreFlags) => {
      setExitCode(await runRestore(backup, flags, io));
    });
}

async function runRestore(backup: string, flags: RestoreFlags, io: CliIo): Promise<ExitCode> {
  const { to, replace, json } = flags;
  const { restoreBackup } = await import("../backup/restore.js");
  const stop = stopOnSignals();
  try {
    const hooks = backupHooks("restore", io, stop.signal);
    const options = { backup, replace: replace === true, env: io.env };
    const result = await restoreBackup({ ...options, ...(to === undefined ? {} : { to }) }, hooks);
    if (result.kind === "interrupted") {
      io.stderr("octoload: interrupted: the same command starts the restore over\n");
      return exitCodes.interrupted;
    }
    if (json === true) writeJson(io, result);
    else io.stdout(renderRestore(result));
    return exitCodes.done;
  } finally {
    stop.release();
  }
}

function renderRestore(result: Exclude<RestoreResult, { kind: "interrupted" }>): string {
  const { manifest } = result;
  const head = [["backup", `${manifest.id}, of ${manifest.of}`], ...contentLines(manifest.content)];
  switch (result.kind) {
    case "files":
      return alignColumns([
        ...head,
        ...result.files.map(({ path, sha256 }) => [
          "restored",
          `${shortPath(path)}, read back: SHA-256 ${sha256}`,
        ]),
      ]);
    case "rows":
      return alignColumns([
        ...head,
        ["restored", `${formatCount(result.digest.rows)} rows, read back: ${result.digest.sum}`],
        ...(result.expired === 0 ? [] : [["expired since", formatCount(result.expired)]]),
        ["caches", "may hold newer entries for as long as they live: empty them"],
      ]);
    default:
      return alignColumns([...head, ["removed", result.target]]);
  }
}
