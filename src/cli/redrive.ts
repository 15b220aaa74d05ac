import type { Command } from "commander";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { type RedriveOptions, redrive } from "../backfill/redrive.js";
import { collect } from "./backfill.js";
import { parseByteSize, parseRate } from "./backfill-arguments.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { writeJson } from "./output.js";
import { plainText } from "./progress-text.js";
import { runLoad } from "./run-load.js";
import { textSetting } from "./settings.js";
import { addTuningOptions, parseTuning, type TuningFlags } from "./tuning-arguments.js";

interface RedriveFlags extends TuningFlags {
  readonly runDir: string;
  readonly code?: string[];
  readonly newRunDir?: string;
  readonly runsDir?: string;
  readonly memory?: string;
  readonly maxErrors?: string;
  readonly rate?: string;
  readonly json?: true;
}

/** `octoload redrive --run-dir DIR`: loads a run's dead letters again. */
export function addRedriveCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  const command = program
    .command("redrive")
    .summary("load a run's dead letters again")
    .description(
      "Read the rows that a run rejected again from the corrected source, and load them in a run " +
        "of their own, with the nodes whose derived columns they change.",
    )
    .requiredOption("--run-dir <dir>", "directory of the run that rejected rows")
    .option("--code <code>", "only dead letters of this code (repeatable)", collect)
    .option("--new-run-dir <dir>", "directory of the redrive; an unfinished one in it is resumed")
    .option(
      "--runs-dir <dir>",
      `where the redrive's directory is made (default: ${DEFAULT_RUNS_DIR})`,
    )
    .option("--memory <size>", "for sorting (default: as the run had)")
    .option("--max-errors <n>", "rows rejected before it stops: N or N% (default: as the run had)")
    .option("--rate <rows/s>", "rows a second sent to each target, or off");
  addTuningOptions(command)
    .option("--json", "print the report as JSON; progress as JSON lines on stderr")
    .action(async (flags: RedriveFlags) => {
      setExitCode(await runRedrive(flags, io));
    });
}

async function runRedrive(flags: RedriveFlags, io: CliIo): Promise<ExitCode> {
  const options = optionsOf(flags, io);
  const isJson = flags.json === true;
  let codes: readonly string[] = [];
  const exitCode = await runLoad(isJson, io, async (hooks) => {
    const result = await redrive(options, hooks);
    if (result.kind === "loaded") return result;
    codes = result.codes;
    return undefined;
  });
  if (exitCode !== undefined) return exitCode;
  if (isJson) writeJson(io, { outcome: "nothing", exitCode: exitCodes.done, codes });
  else io.stdout(nothingText(flags, codes));
  return exitCodes.done;
}

function nothingText({ runDir, code }: RedriveFlags, codes: readonly string[]): string {
  if (codes.length === 0) return `${plainText(runDir)} has no dead letters: nothing to load.\n`;
  const asked = (code ?? []).map(plainText).join(", ");
  return `${plainText(runDir)} has no dead letters of ${asked}, only of ${codes.join(", ")}: nothing to load.\n`;
}

function optionsOf(flags: RedriveFlags, io: CliIo): RedriveOptions {
  const runsDir = textSetting("runsDir", flags.runsDir, io);
  const { memory, maxErrors } = flags;
  const rate = textSetting("rate", flags.rate, io);
  return {
    runDir: flags.runDir,
    ...(flags.code === undefined ? {} : { codes: flags.code }),
    ...(flags.newRunDir === undefined ? {} : { newRunDir: flags.newRunDir }),
    ...(runsDir === undefined ? {} : { runsDir }),
    ...(memory === undefined ? {} : { memoryBytes: parseByteSize("--memory", memory) }),
    ...(maxErrors === undefined ? {} : { maxErrors }),
    ...(rate === undefined ? {} : { rowsPerSecond: parseRate("--rate", rate) }),
    tuning: parseTuning(flags),
  };
}
