import type { Command } from "commander";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { checkNames, parseChecks } from "../validate/checks/check-names.js";
import { changedWithoutFull, fullChecks } from "../validate/checks/chosen-checks.js";
import type { ValidationResult } from "../validate/result.js";
import { validate } from "../validate/validate.js";
import type { ValidateOptions, ValidationProgress } from "../validate/validate-options.js";
import { DEFAULT_VALIDATIONS_DIR } from "../validate/validation-plan.js";
import { readMapping } from "./backfill.js";
import { parseByteSize, parseLevelRange } from "./backfill-arguments.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { writeJson } from "./output.js";
import { stopOnSignals } from "./run-load.js";
import { frameSetting, textSetting } from "./settings.js";
import { progressLine, renderValidation } from "./validate-text.js";

/** A validation that takes no longer says nothing while it runs. */
const QUIET_MS = 2000;

interface ValidateFlags {
  readonly to?: string;
  readonly full?: true;
  readonly changedOnly?: true;
  readonly counts?: true;
  readonly repair?: true;
  readonly checks?: string;
  readonly sample?: string;
  readonly seed?: string;
  readonly hot?: string;
  readonly cacheRate?: string;
  readonly run?: string;
  readonly runsDir?: string;
  readonly validationDir?: string;
  readonly frame?: string;
  readonly sourceName?: string;
  readonly table?: string;
  readonly columns?: string;
  readonly where?: string;
  readonly levels?: string;
  readonly coerceText?: true;
  readonly snapshot?: string;
  readonly memory?: string;
  readonly settle?: string;
  readonly json?: true;
}

/** `octoload validate SRC... --to URL`: whether a target holds what its source has. */
export function addValidateCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("validate")
    .summary("compare a target with its source, row by row or by a sample")
    .description(
      "Compare a target with its source: a sample of 1000 rows unless more is asked for. What " +
        "differs is looked at again on both sides before it is named. Exits 6 when something " +
        "differs, 8 when not all could be checked, 7 when the target answers too slowly. " +
        "What no option says is as in the run that loaded the target.",
    )
    .argument("[sources...]", "GeoPackage or SQLite files, or globs (default: the run's)")
    .option("--to <url>", "target: cassandra://HOST/KEYSPACE or sqlite:PATH")
    .option("--full", "compare every row, and check sample, integrity and spatial index too")
    .option("--changed-only", "with --full: only ranges that changed or failed since the last one")
    .option("--counts", "count rows by token range; part of --full")
    .option("--repair", "send missing and different rows again in a run of their own")
    .option("--checks <list>", `of ${checkNames.join(", ")}`)
    .option("--sample <n>", "rows of the sample (default: 1000)")
    .option("--seed <n>", "which rows are sampled (default: 12345)")
    .option("--hot <url>", "check this hot cache too: redis://HOST:PORT")
    .option("--cache-rate <n>", "entries of the cache looked at a second (default: 5000)")
    .option("--run <id>", "the run that loaded the target: its folder or id (default: the latest)")
    .option("--runs-dir <dir>", `where runs are (default: ${DEFAULT_RUNS_DIR})`)
    .option(
      "--validation-dir <dir>",
      `for what is found (default: a new one in ${DEFAULT_VALIDATIONS_DIR})`,
    )
    .option("--frame <frame>", "refuse a target of another frame; by default the target's is taken")
    .option("--source-name <name>", "what the target calls this source")
    .option("--table <name>", "the source's table, where several fit")
    .option("--columns <file>", 'JSON file that maps columns, such as {"id": "fid"}')
    .option("--where <sql>", "only rows for which this SQL expression is true")
    .option("--levels <a..b>", "only rows of these levels")
    .option("--coerce-text", "take TEXT in numeric columns where all of it is a number")
    .option("--snapshot <dir>", "read a private copy made in this folder: for a source in use")
    .option("--memory <size>", "for sorting (default: 144M)")
    .option(
      "--settle <ms>",
      "look again at what differs after so many milliseconds (default: 1000)",
    )
    .option("--json", "print the result as JSON; progress as JSON lines on stderr")
    .action(async (sources: string[], flags: ValidateFlags) => {
      setExitCode(await runValidation(sources, flags, io));
    });
}

async function runValidation(
  sources: readonly string[],
  flags: ValidateFlags,
  io: CliIo,
): Promise<ExitCode> {
  const options = optionsOf(sources, flags, io);
  const isJson = flags.json === true;
  const stop = stopOnSignals();
  try {
    const result = await validate(options, {
      signal: stop.signal,
      onProgress: tellProgress(isJson, io),
      onNote: (text) => io.stderr(`octoload: ${text}\n`),
    });
    printResult(result, isJson, io);
    return result.exitCode;
  } catch (error) {
    if (!(error instanceof OctoloadError) || error.code !== "VALIDATION_INTERRUPTED") throw error;
    io.stderr(`octoload: ${error.code}: ${error.message}\n`);
    return exitCodes.interrupted;
  } finally {
    stop.release();
  }
}

function tellProgress(isJson: boolean, io: CliIo): (progress: ValidationProgress) => void {
  let lastMs = performance.now();
  return (progress) => {
    if (performance.now() - lastMs < QUIET_MS) return;
    lastMs = performance.now();
    io.stderr(isJson ? `${JSON.stringify(progress)}\n` : progressLine(progress));
  };
}

function printResult(result: ValidationResult, isJson: boolean, io: CliIo): void {
  if (isJson) writeJson(io, result);
  else io.stdout(renderValidation(result));
}

function optionsOf(sources: readonly string[], flags: ValidateFlags, io: CliIo): ValidateOptions {
  const to = textSetting("to", flags.to, io)?.split("\n");
  if (to === undefined || to.length !== 1 || to[0] === undefined) {
    throw new OctoloadError("USAGE", "a validation needs one target: --to URL");
  }
  requireKind(flags);
  const frame = frameSetting(flags.frame, io);
  const runsDir = textSetting("runsDir", flags.runsDir, io);
  const memory = textSetting("memory", flags.memory, io);
  return {
    to: to[0],
    env: io.env,
    ...(flags.repair === undefined ? {} : { repair: true }),
    ...(flags.changedOnly === undefined ? {} : { changedOnly: true }),
    ...checkFlags(flags, io),
    ...(sources.length === 0 ? {} : { sources }),
    ...(flags.run === undefined ? {} : { run: flags.run }),
    ...(runsDir === undefined ? {} : { runsDir }),
    ...(flags.validationDir === undefined ? {} : { validationDir: flags.validationDir }),
    ...(frame.origin === "default" ? {} : { frame: frame.frame.toJSON() }),
    ...sourceFlags(flags),
    ...(memory === undefined ? {} : { memoryBytes: parseByteSize("--memory", memory) }),
    ...(flags.settle === undefined ? {} : { settleMs: parseMs("--settle", flags.settle) }),
  };
}

function requireKind({ full, checks, repair, changedOnly }: ValidateFlags): void {
  const isFull = full === true || (checks !== undefined && parseChecks(checks).includes("full"));
  if (changedOnly === true && !isFull) throw changedWithoutFull();
  if (repair === true && !isFull) {
    throw new OctoloadError("USAGE", "--repair goes with --full, which finds the rows to repair");
  }
}

function checkFlags(flags: ValidateFlags, io: CliIo): Partial<ValidateOptions> {
  const { full, checks, sample, seed, cacheRate } = flags;
  const hot = textSetting("hot", flags.hot, io);
  const named = checks === undefined ? [] : parseChecks(checks);
  const all = full === true ? [...fullChecks(hot !== undefined), ...named] : named;
  return {
    ...(all.length === 0 ? {} : { checks: all }),
    ...(sample === undefined ? {} : { sample: parseCount("--sample", sample) }),
    ...(seed === undefined ? {} : { seed: parseCount("--seed", seed) }),
    ...(hot === undefined ? {} : { hot }),
    ...(cacheRate === undefined ? {} : { cacheRate: parseCount("--cache-rate", cacheRate) }),
  };
}

function sourceFlags(flags: ValidateFlags): Partial<ValidateOptions> {
  const { sourceName, table, columns, where, levels, coerceText, snapshot } = flags;
  return {
    ...(sourceName === undefined ? {} : { sourceName }),
    ...(table === undefined ? {} : { table }),
    ...(columns === undefined ? {} : { columns: readMapping(columns) }),
    ...(where === undefined ? {} : { where }),
    ...(levels === undefined ? {} : { levels: parseLevelRange(levels, MAX_LEVEL) }),
    ...(coerceText === undefined ? {} : { coerceText }),
    ...(snapshot === undefined ? {} : { snapshotDir: snapshot }),
  };
}

function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (/^[1-9]\d{0,8}$/.test(text)) return count;
  throw new OctoloadError(
    "USAGE",
    `${name} must be a number from 1 to 999999999, got ${describeValue(text)}`,
  );
}

function parseMs(name: string, text: string): number {
  const ms = Number(text);
  if (/^\d{1,7}$/.test(text)) return ms;
  throw new OctoloadError(
    "USAGE",
    `${name} must be a number of milliseconds up to 9999999, got ${describeValue(text)}`,
  );
}
