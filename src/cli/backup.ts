import type { Command } from "commander";
import type { BackupResult } from "../backup/backup.js";
import { type Manifest, totalBytes } from "../backup/manifest.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { readMapping } from "./backfill.js";
import { backupHooks, contentLines } from "./backup-text.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, shortPath, writeJson } from "./output.js";
import { formatCount } from "./progress-text.js";
import { stopOnSignals } from "./run-load.js";

interface BackupFlags {
  readonly out?: string;
  readonly from?: string;
  readonly nodetool?: string;
  /** False with --no-export. */
  readonly export: boolean;
  readonly table?: string;
  readonly columns?: string;
  readonly json?: true;
}

/** `octoload backup SRC... --out DIR`, or `--from URL --out DIR`: what a restore can put back. */
export function addBackupCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("backup")
    .summary("copy a source, or back up a target, with checksums")
    .description(
      "Copy a source's files, or back up a target, into a new folder with checksums. Both may be in use. The folder has its name only when all of it is on the disk.",
    )
    .argument("[sources...]", "GeoPackage or SQLite files, or globs")
    .option(
      "--from <url>",
      "back up a target, such as cassandra://host/keyspace or sqlite:earth.db",
    )
    .option("--out <dir>", "folder to make (required)")
    .option("--nodetool <path>", "of Cassandra: have every node take a snapshot too")
    .option("--no-export", "of Cassandra, with --nodetool: snapshots alone, no rows")
    .option("--table <name>", "the source's table, where several fit")
    .option("--columns <file>", 'JSON file that maps columns, such as {"id": "fid"}')
    .option("--json", "print the manifest as JSON")
    .action(async (sources: string[], flags: BackupFlags) => {
      setExitCode(await runBackup(sources, flags, io));
    });
}

async function runBackup(
  sources: readonly string[],
  flags: BackupFlags,
  io: CliIo,
): Promise<ExitCode> {
  const { json } = flags;
  const stop = stopOnSignals();
  try {
    const result = await backUp(sources, flags, io, stop.signal);
    if (result.kind === "interrupted") {
      io.stderr("octoload: interrupted: nothing is left of the backup\n");
      return exitCodes.interrupted;
    }
    if (json === true) writeJson(io, { path: result.path, ...result.manifest });
    else io.stdout(renderBackup(result.path, result.manifest));
    return exitCodes.done;
  } finally {
    stop.release();
  }
}

async function backUp(
  sources: readonly string[],
  flags: BackupFlags,
  io: CliIo,
  signal: AbortSignal,
): Promise<BackupResult> {
  const { out, from, table, columns, nodetool } = flags;
  if (out === undefined) throw new OctoloadError("USAGE", "--out is missing: a folder to make");
  if ((from === undefined) === (sources.length === 0)) {
    throw new OctoloadError("USAGE", "a backup takes a source's files, or a target by --from URL");
  }
  if (!flags.export && nodetool === undefined) {
    throw new OctoloadError("USAGE", "--no-export needs --nodetool: else nothing would be kept");
  }
  const { backupSource, backupTarget } = await import("../backup/backup.js");
  const hooks = backupHooks("backup", io, signal);
  if (from !== undefined) {
    const tools = nodetool === undefined ? {} : { nodetool };
    return backupTarget({ from, out, rows: flags.export, env: io.env, ...tools }, hooks);
  }
  const selection = {
    ...(table === undefined ? {} : { table }),
    ...(columns === undefined ? {} : { columns: readMapping(columns) }),
  };
  return backupSource({ sources, out, ...selection }, hooks);
}

function renderBackup(path: string, manifest: Manifest): string {
  const { content, files } = manifest;
  return alignColumns([
    ["of", manifest.of],
    ...contentLines(content),
    ["files", `${files.length}, ${formatCount(totalBytes(manifest))} bytes`],
    ...files.map(({ name, sha256 }) => [`  ${name}`, `SHA-256 ${sha256}`]),
    ["backup", shortPath(path)],
    ["next", nextStep(path, manifest)],
  ]);
}

function nextStep(path: string, { content, of }: Manifest): string {
  if (content.kind === "cassandra" && content.rows === null) {
    return "docs/backup.md says how each node puts its snapshot back";
  }
  const to = content.kind === "source" ? "--to NEW_PATH" : `--to "${of}" --replace`;
  return `octoload restore ${shortPath(path)} ${to}`;
}
