import { Command, CommanderError } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import { packageVersion } from "../native/package-version.js";
import { normaliseNegativeNumbers } from "./arguments.js";
import { addBackfillCommand } from "./backfill.js";
import { addBackupCommand } from "./backup.js";
import { addChecklistCommand } from "./checklist.js";
import { addDecodeCommand } from "./decode.js";
import { addDoctorCommand } from "./doctor.js";
import { addEncodeCommand } from "./encode.js";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.js";
import { addExportCommand } from "./export.js";
import { addGenerateCommand } from "./generate.js";
import { addGetCommand } from "./get.js";
import { addInspectCommand } from "./inspect.js";
import type { CliIo } from "./io.js";
import { addMigrateCommand } from "./migrate.js";
import { asOctoloadError, writeError } from "./output.js";
import { addRedriveCommand } from "./redrive.js";
import { addRestoreCommand } from "./restore.js";
import { addRunsCommand } from "./runs.js";
import { addSchemaCommand } from "./schema.js";
import { addTraceCommand } from "./trace.js";
import { addValidateCommand } from "./validate.js";
import { addWarmCommand } from "./warm.js";

/**
 * Runs one command line (without node and script) and returns its exit code.
 * Results go to `io.stdout`, everything else to `io.stderr`; nothing is thrown.
 */
export async function run(args: readonly string[], io: CliIo): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  try {
    const program = createProgram(io, (code) => {
      exitCode = code;
    });
    await program.parseAsync(normaliseNegativeNumbers(args), { from: "user" });
    return exitCode;
  } catch (thrown) {
    return reportEnd(thrown, args, io);
  }
}

function createProgram(io: CliIo, setExitCode: (code: ExitCode) => void): Command {
  const program = new Command("octoload")
    .description("Morton encoder and bulk loader for very large 3D octrees")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help of a command")
    .exitOverride()
    // Its errors are reported in reportEnd(), in octoload's own form.
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr, outputError: () => undefined });
  addGenerateCommand(program, io, setExitCode);
  addInspectCommand(program, io, setExitCode);
  addSchemaCommand(program, io, setExitCode);
  addBackfillCommand(program, io, setExitCode);
  addRedriveCommand(program, io, setExitCode);
  addValidateCommand(program, io, setExitCode);
  addRunsCommand(program, io);
  addMigrateCommand(program, io);
  addWarmCommand(program, io, setExitCode);
  addGetCommand(program, io, setExitCode);
  addTraceCommand(program, io, setExitCode);
  addExportCommand(program, io, setExitCode);
  addBackupCommand(program, io, setExitCode);
  addRestoreCommand(program, io, setExitCode);
  addChecklistCommand(program, io, setExitCode);
  addEncodeCommand(program, io);
  addDecodeCommand(program, io);
  addDoctorCommand(program, io, setExitCode);
  return program;
}

/** Commander ends by throwing, after help and version too. */
function reportEnd(thrown: unknown, args: readonly string[], io: CliIo): ExitCode {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return exitCodes.done;
    // A bare `octoload`, or `octoload help bogus`: help was just written to stderr.
    if (thrown.code === "commander.help" && args[0] !== "help") return exitCodes.badUsage;
  }
  const error =
    thrown instanceof CommanderError ? usageError(thrown, args) : asOctoloadError(thrown);
  writeError(io, error, wantsJson(args));
  return exitCodeOf(error);
}

function usageError(error: CommanderError, args: readonly string[]): OctoloadError {
  const fault =
    error.code === "commander.help"
      ? `unknown command '${args[1]}'`
      : error.message.replace(/^error: /, "").replaceAll("\n", " ");
  return new OctoloadError("USAGE", fault, { cause: error });
}

/** Asked of the arguments themselves, because they may not have been parsed. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end).includes("--json");
}
