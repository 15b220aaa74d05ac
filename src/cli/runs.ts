import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { findRun, listRuns, type RunListing } from "../load/run-list.js";
import type { RunSettings } from "../load/run-status.js";
import { steerRun } from "../load/steer-run.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { formatCount, formatPercent, plainText } from "./progress-text.js";
import { textSetting } from "./settings.js";

const WHOLE_NUMBER = /^[1-9]\d{0,14}$/;

interface RunsOptions {
  readonly runsDir?: string;
  readonly json?: true;
}

/** `octoload runs`: the runs there are; `pause`, `resume` and `rate` steer one that goes on. */
export function addRunsCommand(program: Command, io: CliIo): void {
  const runs = withOptions(program.command("runs"))
    .summary("list runs, pause and resume one, change its rate")
    .description("List the runs of a folder, the latest first.")
    .action((options: RunsOptions) => list(options, io));
  withOptions(runs.command("pause"))
    .summary("hold a run until it is resumed")
    .description("Hold a run that goes on in another process. What is in flight is finished.")
    .argument("<run>", "a run's id, its unique beginning, or the path of its folder")
    .action((run: string, _options: unknown, command: Command) => {
      return steer(run, { isPaused: true }, command.optsWithGlobals(), io);
    });
  withOptions(runs.command("resume"))
    .summary("let a paused run go on")
    .description("Let a paused run go on.")
    .argument("<run>", "a run's id, its unique beginning, or the path of its folder")
    .action((run: string, _options: unknown, command: Command) => {
      return steer(run, { isPaused: false }, command.optsWithGlobals(), io);
    });
  withOptions(runs.command("rate"))
    .summary("set how many rows a second a run may load")
    .description("Set how many rows a second a run may load, without starting it again.")
    .argument("<run>", "a run's id, its unique beginning, or the path of its folder")
    .argument("<rate>", "rows per second, or off")
    .action((run: string, rate: string, _options: unknown, command: Command) => {
      return steer(run, { rowsPerSecond: parseRate(rate) }, command.optsWithGlobals(), io);
    });
}

function withOptions(command: Command): Command {
  return command
    .option("--runs-dir <dir>", `folder of the runs (default: ${DEFAULT_RUNS_DIR})`)
    .option("--json", "print the result as JSON");
}

async function list({ json, ...options }: RunsOptions, io: CliIo): Promise<void> {
  const runsDir = runsDirOf(options, io);
  const runs = await listRuns(runsDir);
  if (json === true) {
    writeJson(io, { runs: runs.map((run) => ({ ...run, dir: resolve(run.dir) })) });
  } else {
    io.stdout(renderRuns(runs, runsDir));
  }
}

function runsDirOf({ runsDir }: RunsOptions, io: CliIo): string {
  return textSetting("runsDir", runsDir, io) ?? DEFAULT_RUNS_DIR;
}

export function renderRuns(runs: readonly RunListing[], runsDir: string): string {
  if (runs.length === 0) return `No runs in ${runsDir}.\n`;
  const rows = runs.map((run) => [
    plainText(run.id),
    plainText(run.state),
    run.percent === null ? "-" : formatPercent(run.percent),
    countOr(run.migrated),
    countOr(run.total),
    countOr(run.failed),
    run.startedAt === null ? "-" : formatTime(run.startedAt),
    plainText(run.source ?? "-"),
    plainText(run.sinks.join(" ")),
  ]);
  const header = [
    "id",
    "state",
    "done",
    "loaded",
    "of rows",
    "rejected",
    "started (UTC)",
    "source",
    "targets",
  ];
  return alignColumns([header, ...rows], new Set([2, 3, 4, 5]));
}

async function steer(
  name: string,
  change: Partial<RunSettings>,
  { json, ...options }: RunsOptions,
  io: CliIo,
): Promise<void> {
  const runDir = await findRun(name, runsDirOf(options, io));
  const { runId, pid, state, settings } = await steerRun(runDir, change);
  const id = basename(resolve(runDir));
  if (json === true) {
    writeJson(io, { id, runId, pid, state, ...settings });
    return;
  }
  const rate =
    settings.rowsPerSecond === null
      ? "as fast as it can"
      : `at most ${formatCount(settings.rowsPerSecond)} rows/s`;
  io.stdout(`run ${plainText(id)} is ${state}${settings.isPaused ? "" : `, ${rate}`}\n`);
}

/** Rows per second, or null for `off`. */
function parseRate(text: string): number | null {
  if (text === "off") return null;
  if (WHOLE_NUMBER.test(text)) return Number(text);
  throw new OctoloadError(
    "USAGE",
    `RATE must be whole rows per second from 1, such as 50000, or off, got ${describeValue(text)}`,
  );
}

function countOr(count: number | null): string {
  return count === null ? "-" : formatCount(count);
}

/** 2026-01-31 12:00:05 */
function formatTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return plainText(iso);
  return date.toISOString().slice(0, 19).replace("T", " ");
}
