import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import { type ExportResult, exportTarget } from "../target/export.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";

/** An export that takes no longer says nothing while it runs. */
const QUIET_MS = 2000;

interface ExportCommandOptions {
  readonly from?: string;
  readonly force?: true;
  readonly json?: true;
}

/** `octoload export`: the source's table, rebuilt from a target as a GeoPackage. */
export function addExportCommand(program: Command, io: CliIo): void {
  program
    .command("export")
    .summary("rebuild the source's table from a target as a GeoPackage")
    .description(
      "Rebuild the source's table from a target as a GeoPackage. Its rows equal the loaded ones bit for bit.",
    )
    .argument("<file>", "the GeoPackage to write")
    .option("--from <url>", "the target, such as sqlite:earth.db (required)")
    .option("--force", "replace the file if it is there")
    .option("--json", "print file, rows and tables as JSON")
    .action(async (file: string, options: ExportCommandOptions) => {
      const result = await exportFrom(file, options, io);
      if (options.json === true) writeJson(io, result);
      else io.stdout(renderResult(result));
    });
}

async function exportFrom(
  file: string,
  { from, force }: ExportCommandOptions,
  io: CliIo,
): Promise<ExportResult> {
  if (from === undefined) {
    throw new OctoloadError(
      "USAGE",
      "--from is missing: the target's URL, such as sqlite:earth.db",
    );
  }
  let last = performance.now();
  return exportTarget(from, file, {
    force: force === true,
    onProgress: (rows, total) => {
      if (performance.now() - last < QUIET_MS) return;
      last = performance.now();
      const percent = total === 0 ? 100 : Math.floor((100 * rows) / total);
      io.stderr(`export: ${rows} of ${total} rows, ${percent} %\n`);
    },
  });
}

function renderResult({ path, rows, tables }: ExportResult): string {
  const lines = tables.map((table) => [table.name, `${table.rows}`, table.columns.join(", ")]);
  const table = alignColumns([["table", "rows", "columns"], ...lines], new Set([1]));
  return `${table}${rows} rows written to ${path}\n`;
}
