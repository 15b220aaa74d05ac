import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import { type TracedRow, type TraceOptions, traceRow } from "../trace/trace.js";
import { parseCode, parseLevel } from "./arguments.js";
import { collect, readMapping } from "./backfill.js";
import type { ExitCode } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { writeJson } from "./output.js";
import { frameSetting, textSetting } from "./settings.js";
import { renderTrace, traceExitCode, traceReport } from "./trace-text.js";

interface TraceFlags {
  readonly to?: string;
  readonly id?: string;
  readonly key?: string;
  readonly level?: string;
  readonly source?: string[];
  readonly table?: string;
  readonly columns?: string;
  readonly coerceText?: true;
  readonly runDir?: string;
  readonly frame?: string;
  readonly json?: true;
}

/** `octoload trace`: one row's way from its source to each of its copies. */
export function addTraceCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("trace")
    .summary(
      "follow one row: source, code, token, each replica's value and write time, dead letter",
    )
    .description(
      "Follow one row from its source to each of its copies. Exits 0 when all copies are there and equal, 6 when they differ, 7 when there is none, 8 when some could not be asked.",
    )
    .option("--to <url>", "the target, such as cassandra://host/keyspace or sqlite:earth.db")
    .option("--id <id>", "the row's Id in its source; needs --source or --run-dir")
    .option("--key <code>", "the row's Morton code in decimal, with --level, in place of --id")
    .option("--level <level>", "octree level of --key, 0 to 26")
    .option("--source <file>", "file or glob of the source (repeatable)", collect)
    .option("--table <name>", "the source's table, where several fit")
    .option("--columns <file>", 'JSON file that maps columns, such as {"id": "fid"}')
    .option("--coerce-text", "take TEXT in numeric columns where all of it is a number")
    .option("--run-dir <dir>", "a run: its source is searched, its dead letters are shown")
    .option("--frame <frame>", "refuse a target of another frame; by default the target's is taken")
    .option("--json", "print the result as JSON")
    .action(async (flags: TraceFlags) => {
      const result = await traceRow(optionsOf(flags, io));
      if (flags.json === true) writeJson(io, traceReport(result));
      else io.stdout(renderTrace(result));
      setExitCode(traceExitCode(result));
    });
}

function optionsOf(flags: TraceFlags, io: CliIo): TraceOptions {
  const row = rowOf(flags);
  const to = textSetting("to", flags.to, io);
  if (to === undefined) throw new OctoloadError("USAGE", "--to is missing: the target's URL");
  const { frame, origin } = frameSetting(flags.frame, io);
  const { source, table, columns, coerceText, runDir } = flags;
  return {
    row,
    to,
    env: io.env,
    onNote: (text) => io.stderr(`octoload: ${text}\n`),
    ...(origin === "default" ? {} : { frame }),
    ...(source === undefined ? {} : { sources: source }),
    ...(table === undefined ? {} : { table }),
    ...(columns === undefined ? {} : { columns: readMapping(columns) }),
    ...(coerceText === undefined ? {} : { coerceText }),
    ...(runDir === undefined ? {} : { runDir }),
  };
}

function rowOf({ id, key, level }: TraceFlags): TracedRow {
  if (id !== undefined && key === undefined) {
    if (level === undefined) return { kind: "id", id };
    throw new OctoloadError("USAGE", "--level goes with --key; the source has the level of an Id");
  }
  if (id === undefined && key !== undefined) {
    return { kind: "cell", code: parseCode(key), level: parseLevel(level) };
  }
  throw new OctoloadError("USAGE", "one of --id and --key is needed");
}
