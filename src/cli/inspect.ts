import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import { inspect } from "../inspect/inspect.js";
import type { InspectOptions } from "../inspect/inspect-options.js";
import { reportToJson } from "../inspect/report-json.js";
import { RunInterrupted } from "../load/run-context.js";
import { type BackfillFlags, collect, optionsOf } from "./backfill.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import { addHotOptions } from "./hot-arguments.js";
import { renderInspection } from "./inspect-text.js";
import type { CliIo } from "./io.js";
import { writeJson } from "./output.js";
import { createProgressView, stderrTerminal } from "./progress-view.js";
import { stopOnSignals } from "./run-load.js";

interface InspectFlags extends BackfillFlags {
  readonly probe?: true;
  readonly workDir?: string;
  readonly out?: string;
  readonly verbose?: true;
}

/** `octoload inspect SRC... [--to URL]`: whether a load would succeed, and what it would take. */
export function addInspectCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  const command = program
    .command("inspect")
    .summary("check and plan a load before it is begun")
    .description(
      "Read a source once, ask its targets and their servers, and say what a load would meet: " +
        "go, warning or no-go a line. Nothing is written to a target.",
    )
    .argument("<sources...>", "GeoPackage or SQLite files, or globs; together one source")
    .option("--to <url>", "target that is to be loaded (repeatable)", collect)
    .option("--frame <frame>", "centred, bluemarble or the path of a frame file")
    .option("--source-name <name>", "what the target calls this source (default: file names)")
    .option("--add-source", "the target may hold another source already")
    .option("--table <name>", "the source's table, where several fit")
    .option("--columns <file>", 'JSON file that maps columns, such as {"id": "fid"}')
    .option("--where <sql>", "only rows for which this SQL expression is true")
    .option("--levels <a..b>", "only rows of these levels")
    .option("--limit <rows>", "only so many rows, the first of the source")
    .option("--order <order>", "of the load: key (default) or source")
    .option("--coerce-text", "take TEXT in numeric columns where all of it is a number")
    .option("--snapshot <dir>", "read a private copy made in this folder")
    .option("--memory <size>", "for sorting (default: 256M)")
    .option("--max-errors <n>", "rows the load may reject: N or N% (default: 1%)")
    .option("--on-collision <what>", "several rows of one cell: newest (default) or fail")
    .option("--run-dir <dir>", "of the load: where it would sort")
    .option("--runs-dir <dir>", "of the load: where its directory would be made")
    .option("--work-dir <dir>", "where keys are sorted meanwhile (default: the system's)")
    .option("--probe", "load some rows for seconds into a keyspace of its own, then drop it");
  addHotOptions(command)
    .option("--out <file>", "write the plan there, for backfill --plan")
    .option("--verbose", "examples of each kind of bad row, and what is in order too")
    .option("--json", "print the findings as JSON")
    .action(async (sources: string[], flags: InspectFlags) => {
      setExitCode(await runInspect(sources, flags, io));
    });
}

async function runInspect(
  sources: readonly string[],
  flags: InspectFlags,
  io: CliIo,
): Promise<ExitCode> {
  const { workDir, out } = flags;
  const options: InspectOptions = {
    ...optionsOf(sources, flags, io),
    probe: flags.probe === true,
    ...(workDir === undefined ? {} : { workDir }),
  };
  const view = createProgressView({ terminal: stderrTerminal(io), json: flags.json === true });
  const stop = stopOnSignals();
  try {
    const report = await inspect(options, { signal: stop.signal, onProgress: view.onEvent });
    view.close();
    const json = reportToJson(report);
    if (out !== undefined) await writeOut(out, json);
    if (flags.json === true) writeJson(io, json);
    else io.stdout(renderInspection(report, { isVerbose: flags.verbose === true }));
    return report.exitCode;
  } catch (error) {
    if (error instanceof RunInterrupted) return exitCodes.interrupted;
    throw error;
  } finally {
    view.close();
    stop.release();
  }
}

async function writeOut(path: string, json: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(json, null, 2)}\n`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OctoloadError("USAGE", `--out cannot be written: ${reason}`, { cause });
  }
}
