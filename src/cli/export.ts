import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import { type ExportResult, exportTarget } from "../target/export.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { formatCount } from "./progress-text.js";
import { frameSetting } from "./settings.js";

/** An export that takes no longer says nothing while it runs. */
const QUIET_MS = 2000;

interface ExportCommandOptions {
  readonly from?: string;
  readonly force?: true;
  /** False with --no-recount. */
  readonly recount: boolean;
  readonly frame?: string;
  readonly json?: true;
}

/** `octoload export`: the source's table, rebuilt from a target as a GeoPackage. */
export function addExportCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("export")
    .summary("rebuild the source's table from a target as a GeoPackage")
    .description(
      "Rebuild the source's table from a target as a GeoPackage. Its rows equal the loaded ones bit for bit. Then the target's rows are counted by other reads; exits 6 when they are not as many.",
    )
    .argument("<file>", "the GeoPackage to write")
    .option(
      "--from <url>",
      "the target, such as cassandra://host/keyspace or sqlite:earth.db (required)",
    )
    .option("--force", "replace the file if it is there")
    .option("--no-recount", "do not count the target's rows afterwards")
    .option("--frame <frame>", "refuse a target of another frame; by default the target's is taken")
    .option("--json", "print file, rows and tables as JSON")
    .action(async (file: string, options: ExportCommandOptions) => {
      const result = await exportFrom(file, options, io);
      if (options.json === true) writeJson(io, result);
      else io.stdout(renderResult(result));
      if (isOtherCount(result)) {
        io.stderr(`${otherCountText(result)}\n`);
        setExitCode(exitCodes.differences);
      }
    });
}

async function exportFrom(
  file: string,
  { from, force, recount, frame: frameFlag }: ExportCommandOptions,
  io: CliIo,
): Promise<ExportResult> {
  if (from === undefined) {
    throw new OctoloadError(
      "USAGE",
      "--from is missing: the target's URL, such as sqlite:earth.db",
    );
  }
  const { frame, origin } = frameSetting(frameFlag, io);
  let last = performance.now();
  return exportTarget(from, file, {
    force: force === true,
    recount,
    env: io.env,
    onNote: (text) => io.stderr(`octoload: ${text}\n`),
    ...(origin === "default" ? {} : { frame }),
    onProgress: (step, rows, share) => {
      if (performance.now() - last < QUIET_MS) return;
      last = performance.now();
      const what = step === "export" ? `${formatCount(rows)} rows` : "counting again";
      io.stderr(`export: ${what}, ${Math.floor(100 * share)} %\n`);
    },
  });
}

function isOtherCount({ rows, countedRows }: ExportResult): boolean {
  return countedRows !== null && countedRows !== rows;
}

function otherCountText({ path, rows, countedRows }: ExportResult): string {
  return `octoload: ${path} has ${rows} rows, but the target ${countedRows} when they were counted: it was written to meanwhile, or its replicas differ. Export again when nothing writes, after a repair`;
}

function renderResult({ path, rows, tables }: ExportResult): string {
  const lines = tables.map((table) => [table.name, `${table.rows}`, table.columns.join(", ")]);
  const table = alignColumns([["table", "rows", "columns"], ...lines], new Set([1]));
  return `${table}${rows} rows written to ${path}\n`;
}
