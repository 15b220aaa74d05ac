import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { backfill } from "../backfill/backfill.js";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions, LoadOrder } from "../load/load-settings.js";
import type { ColumnMapping } from "../source/columns.js";
import { parseByteSize, parseLevelRange, parseRate, parseShard } from "./backfill-arguments.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import { addHotOptions, type HotFlags, parseHot } from "./hot-arguments.js";
import type { CliIo } from "./io.js";
import {
  addProtectedOptions,
  type ProtectedFlags,
  requireProtected,
  runProtected,
} from "./protected.js";
import { runLoad } from "./run-load.js";
import { frameSetting, textSetting } from "./settings.js";
import { addTuningOptions, parseTuning, type TuningFlags } from "./tuning-arguments.js";

export interface BackfillFlags extends TuningFlags, HotFlags, ProtectedFlags {
  readonly to?: string[];
  readonly sourceName?: string;
  readonly table?: string;
  readonly columns?: string;
  readonly where?: string;
  readonly snapshot?: string;
  readonly coerceText?: true;
  readonly addSource?: true;
  readonly frame?: string;
  readonly runDir?: string;
  readonly runsDir?: string;
  readonly restart?: true;
  readonly memory?: string;
  readonly limit?: string;
  readonly levels?: string;
  readonly shard?: string;
  readonly runId?: string;
  readonly order?: string;
  /** false: --no-digests. */
  readonly digests?: boolean;
  readonly changedOnly?: true;
  readonly dryRun?: true;
  readonly plan?: string;
  readonly prune?: true;
  readonly onCollision?: string;
  readonly maxErrors?: string;
  readonly rate?: string;
  readonly json?: true;
}

/** `octoload backfill SRC... --to URL`: moves a source into its targets. */
export function addBackfillCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  const command = program
    .command("backfill")
    .summary("load a source into its targets")
    .description(
      "Encode, derive, order and load every row of a source, and account for each. " +
        "An unfinished run in --run-dir is resumed.",
    )
    .argument("[sources...]", "GeoPackage or SQLite files, or globs; together one source")
    .option(
      "--to <url>",
      "target: cassandra://HOST/KEYSPACE, sqlite:PATH or null: (repeatable)",
      collect,
    )
    .option("--run-dir <dir>", "directory of this run; an unfinished run in it is resumed")
    .option(
      "--runs-dir <dir>",
      `where a new run's directory is made (default: ${DEFAULT_RUNS_DIR})`,
    )
    .option("--restart", "forget what an earlier run in --run-dir did, and start over")
    .option("--frame <frame>", "centred, bluemarble or the path of a frame file")
    .option("--source-name <name>", "what the target calls this source (default: file names)")
    .option("--add-source", "the target may hold another source already")
    .option("--table <name>", "the source's table, where several fit")
    .option("--columns <file>", 'JSON file that maps columns, such as {"id": "fid"}')
    .option("--where <sql>", "only rows for which this SQL expression is true")
    .option("--levels <a..b>", "only rows of these levels")
    .option("--limit <rows>", "only so many rows, the first of the source")
    .option("--shard <i/n>", "only part i of n of the sorted order; needs --run-id")
    .option("--run-id <id>", "of all shards together")
    .option("--order <order>", "key (default), or source: spills keys only, slower to write")
    .option("--coerce-text", "take TEXT in numeric columns where all of it is a number")
    .option("--snapshot <dir>", "read a private copy made in this folder")
    .option("--memory <size>", "for sorting (default: 256M)")
    .option("--max-errors <n>", "rows rejected before the run stops: N or N% (default: 1%)")
    .option("--on-collision <what>", "several rows of one cell: newest (default) or fail")
    .option("--rate <rows/s>", "rows a second sent to each target, or off")
    .option("--changed-only", "send only what is not as the target's last load left it")
    .option("--prune", "when all is loaded, delete what the source does not have")
    .option("--no-digests", "report no digests of what was loaded: saves some CPU time")
    .option("--plan <file>", "of octoload inspect --out: the report compares it with the run")
    .option("--dry-run", "do everything but write to the targets");
  addTuningOptions(addHotOptions(addProtectedOptions(command)))
    .option("--json", "print the report as JSON; progress as JSON lines on stderr")
    .action(async (sources: string[], flags: BackfillFlags) => {
      setExitCode(await runBackfill(sources, flags, io));
    });
}

export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

async function runBackfill(
  sources: readonly string[],
  flags: BackfillFlags,
  io: CliIo,
): Promise<ExitCode> {
  const options = optionsOf(sources, flags, io);
  if (flags.protected === true) {
    const { fullValidation } = await import("../protect/full-validation.js");
    return runProtected(options, flags, flags.json === true, fullValidation, io);
  }
  requireProtected(flags);
  const exitCode = await runLoad(flags.json === true, io, (hooks) => backfill(options, hooks));
  return exitCode ?? exitCodes.done;
}

/** The options of a load, also of one that is only planned. */
export function optionsOf(
  sources: readonly string[],
  flags: BackfillFlags,
  io: CliIo,
): BackfillOptions {
  const to = textSetting("to", flags.to?.join("\n"), io)?.split("\n");
  const frame = frameSetting(flags.frame, io);
  const memory = textSetting("memory", flags.memory, io);
  const maxErrors = textSetting("maxErrors", flags.maxErrors, io);
  const rate = textSetting("rate", flags.rate, io);
  return {
    ...defined({
      sources: sources.length === 0 ? undefined : sources,
      to,
      runDir: flags.runDir,
      runsDir: textSetting("runsDir", flags.runsDir, io),
      restart: flags.restart,
      frame: frame.origin === "default" ? undefined : frame.frame.toJSON(),
      sourceName: flags.sourceName,
      addSource: flags.addSource,
      table: flags.table,
      columns: flags.columns === undefined ? undefined : readMapping(flags.columns),
      where: flags.where,
      levels: flags.levels === undefined ? undefined : parseLevelRange(flags.levels, MAX_LEVEL),
      limit: flags.limit === undefined ? undefined : parseCount("--limit", flags.limit),
      shard: flags.shard === undefined ? undefined : parseShard(flags.shard, flags.runId),
      order: orderOf(flags.order),
      coerceText: flags.coerceText,
      snapshotDir: flags.snapshot,
      memoryBytes: memory === undefined ? undefined : parseByteSize("--memory", memory),
      maxErrors,
      onCollision: collisionOf(flags.onCollision),
      rowsPerSecond: rate === undefined ? undefined : parseRate("--rate", rate),
      digests: flags.digests === false ? false : undefined,
      changedOnly: flags.changedOnly,
      dryRun: flags.dryRun,
      planFile: flags.plan,
      prune: flags.prune,
      hot: parseHot(flags, io),
      tuning: parseTuning(flags),
    }),
  };
}

function defined<T extends Record<string, unknown>>(
  values: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new OctoloadError("USAGE", `${name} must be a number of rows, got ${describeValue(text)}`);
}

function orderOf(text: string | undefined): LoadOrder | undefined {
  if (text === undefined || text === "key" || text === "source") return text;
  throw new OctoloadError("USAGE", `--order must be key or source, got ${describeValue(text)}`);
}

function collisionOf(text: string | undefined): "newest" | "fail" | undefined {
  if (text === undefined || text === "newest" || text === "fail") return text;
  throw new OctoloadError(
    "USAGE",
    `--on-collision must be newest or fail, got ${describeValue(text)}`,
  );
}

/** What it holds is checked by the source. */
export function readMapping(path: string): ColumnMapping {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ColumnMapping;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OctoloadError("SOURCE_MAPPING", `${describeValue(path)} cannot be read: ${reason}`, {
      cause,
    });
  }
}
