import type { Command } from "commander";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { WarmHooks, WarmOptions, WarmProgress, WarmResult } from "../warm/warm-options.js";
import { parseRate } from "./backfill-arguments.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import { addHotOptions, type HotFlags, parseHot } from "./hot-arguments.js";
import type { CliIo } from "./io.js";
import { alignColumns, shortPath, writeJson } from "./output.js";
import { formatCount } from "./progress-text.js";
import { stopOnSignals } from "./run-load.js";
import { textSetting } from "./settings.js";

/** A warming that takes no longer says nothing while it runs; then it says something as often. */
const QUIET_MS = 2000;
const MAX_OUTAGE_SECONDS = 7 * 86_400;

interface WarmFlags extends HotFlags {
  readonly to?: string;
  readonly runDir?: string;
  readonly runsDir?: string;
  readonly maxRowsPerSecond?: string;
  readonly keepWarm?: true;
  readonly outageTimeout?: string;
  readonly json?: true;
}

/** `octoload warm`: fills a hot cache from a target. */
export function addWarmCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  const command = program
    .command("warm")
    .summary("fill a hot cache from a target")
    .description(
      "Read the rows of hot positions from a target and put them into Redis, the hottest first, each with its own write time: newer entries stay. An unfinished warming in --run-dir is resumed.",
    )
    .option(
      "--to <url>",
      "the target, such as cassandra://host/keyspace or sqlite:earth.db (required)",
    );
  addHotOptions(command)
    .option("--run-dir <dir>", "where the position is kept; an unfinished one in it is resumed")
    .option(
      "--runs-dir <dir>",
      `where a new warming's directory is made (default: ${DEFAULT_RUNS_DIR})`,
    )
    .option("--max-rows-per-second <n>", "rows read from the target a second, or off (default)")
    .option("--keep-warm", "go on until Ctrl-C: entries are put again before they expire")
    .option("--outage-timeout <s>", "how long to wait for a cache that is down (default: 600)")
    .option("--json", "print the result as JSON")
    .action(async (flags: WarmFlags) => {
      setExitCode(await runWarm(flags, io));
    });
}

async function runWarm(flags: WarmFlags, io: CliIo): Promise<ExitCode> {
  const options = optionsOf(flags, io);
  const { warm } = await import("../warm/warm.js");
  const stop = stopOnSignals();
  try {
    const result = await warm(options, {
      signal: stop.signal,
      onNote: (text) => io.stderr(`octoload: ${text}\n`),
      onProgress: progressWriter(io),
    });
    if (flags.json === true) writeJson(io, result);
    else io.stdout(renderResult(result));
    return exitCodeOfResult(result);
  } finally {
    stop.release();
  }
}

function optionsOf(flags: WarmFlags, io: CliIo): WarmOptions {
  const to = textSetting("to", flags.to, io);
  if (to === undefined || to.includes("\n")) {
    const fault = to === undefined ? "--to is missing" : "--to has several targets";
    throw new OctoloadError("USAGE", `${fault}: one target's URL, such as sqlite:earth.db`);
  }
  const hot = parseHot(flags, io);
  if (hot === undefined) {
    throw new OctoloadError("USAGE", "--hot is missing: the cache's URL, such as redis://host");
  }
  const runsDir = textSetting("runsDir", flags.runsDir, io);
  const { runDir, maxRowsPerSecond: rate } = flags;
  const outageTimeoutMs = parseOutage(flags.outageTimeout);
  return {
    ...{ to, hot, env: io.env, keepWarm: flags.keepWarm === true },
    ...(runDir === undefined ? {} : { runDir }),
    ...(runsDir === undefined ? {} : { runsDir }),
    ...(rate === undefined ? {} : { maxRowsPerSecond: parseRate("--max-rows-per-second", rate) }),
    ...(outageTimeoutMs === undefined ? {} : { outageTimeoutMs }),
  };
}

function parseOutage(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_OUTAGE_SECONDS) return seconds * 1000;
  throw new OctoloadError(
    "USAGE",
    `--outage-timeout must be seconds from 0 to ${MAX_OUTAGE_SECONDS}, got ${describeValue(text)}`,
  );
}

/** Rows that the cache refuses for good are rejected ones; those that find no room are not. */
function exitCodeOfResult({ outcome, notCached, notCachedBy }: WarmResult): ExitCode {
  if (outcome === "interrupted") return exitCodes.interrupted;
  const withoutRoom = (notCachedBy["over-budget"] ?? 0) + (notCachedBy["out-of-memory"] ?? 0);
  return notCached > withoutRoom ? exitCodes.someRowsRejected : exitCodes.done;
}

function progressWriter(io: CliIo): NonNullable<WarmHooks["onProgress"]> {
  let last = performance.now();
  return (progress) => {
    if (performance.now() - last < QUIET_MS) return;
    last = performance.now();
    io.stderr(`warm: ${progressText(progress)}\n`);
  };
}

function progressText({ step, share, pass, cached, older, notCached }: WarmProgress): string {
  const before = pass === 1 ? "" : `pass ${pass}, `;
  if (step === "survey") return `${before}looking for hot rows, ${Math.floor(100 * share)} %`;
  const left = notCached === 0 ? "" : `, ${formatCount(notCached)} not cached`;
  const rows = `${formatCount(cached + older)} rows are cached${left}`;
  return step === "rest"
    ? `${before}${rows}; waiting until they have to be put again`
    : `${before}${rows}, ${Math.floor(100 * share)} %`;
}

function renderResult(result: WarmResult): string {
  const { cached, older, notCached, notCachedBy, hotRows, entryBytes, cachedBytes } = result;
  const lines: string[][] = [
    ["target", result.target],
    ["cache", result.cache],
    ["regions", result.regions],
    ["outcome", outcomeText(result)],
    ...(hotRows === null ? [] : [["hot rows", formatCount(hotRows)]]),
    ["cached", formatCount(cached)],
    ["newer there", formatCount(older)],
    ["not cached", formatCount(notCached)],
    ...Object.entries(notCachedBy).map(([reason, rows]) => [`  ${reason}`, formatCount(rows)]),
    ...(entryBytes === null || cachedBytes === null
      ? []
      : [["memory", `${formatCount(cachedBytes)} bytes, ${entryBytes} an entry`]]),
    ["sent", `${formatCount(result.sentBytes)} bytes`],
    ["seconds", String(result.seconds)],
    ["run directory", shortPath(result.runDir)],
  ];
  return alignColumns(lines);
}

function outcomeText({ outcome, passes, isFull, lowestPriority }: WarmResult): string {
  if (outcome === "interrupted") {
    return "interrupted: the same command with this --run-dir goes on";
  }
  const times = passes === 1 ? "done" : `done, ${passes} passes`;
  if (!isFull) return times;
  const above = lowestPriority === null ? "" : `; priorities from ${lowestPriority} on fit`;
  return `${times}; the cache's memory is full${above}`;
}
