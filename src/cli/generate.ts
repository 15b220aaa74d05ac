import type { Command } from "commander";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type GenerateProgress, type GenerateResult, generate } from "../generate/generate.js";
import { type RowOrder, rowOrders } from "../generate/generate-options.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, shortPath, writeJson } from "./output.js";
import { frameSetting } from "./settings.js";

interface GenerateFlags {
  readonly nodes?: string;
  readonly seed: string;
  readonly maxLevel: string;
  readonly order: string;
  readonly frame?: string;
  readonly force?: true;
  readonly json?: true;
}

const PROGRESS_EVERY_MS = 2000;

/** `octoload generate OUT --nodes N`: an octree of the Earth to try things with. */
export function addGenerateCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("generate")
    .summary("write a GeoPackage with an octree of the Earth")
    .description(
      "Write a GeoPackage with an adaptive octree of the Earth: fine at coasts and cities, coarse " +
        "at sea. The same options and seed give the same file.",
    )
    .argument("<out>", "path of the file, such as earth.gpkg")
    .option("--nodes <n>", "how many rows, exactly: 1 to 1000000000 (required)")
    .option("--seed <seed>", "integer that all random content follows from", "0")
    .option("--max-level <level>", "level of the finest cells, 0 to 26", "21")
    .option("--order <order>", "rows in key order (depth first) or shuffled", "key")
    .option("--frame <frame>", "centred, bluemarble or the path of a frame file")
    .option("--force", "replace an existing file")
    .option("--json", "print path, nodes, levels and bytes as JSON")
    .action((out: string, flags: GenerateFlags) => runGenerate(out, flags, io, setExitCode));
}

async function runGenerate(
  out: string,
  flags: GenerateFlags,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const result = await generate(
      {
        path: out,
        nodes: parseInteger("--nodes", flags.nodes),
        seed: parseInteger("--seed", flags.seed),
        maxLevel: parseInteger("--max-level", flags.maxLevel),
        order: parseOrder(flags.order),
        frame: frameSetting(flags.frame, io).frame,
        overwrite: flags.force === true,
      },
      { signal: controller.signal, onProgress: progressLine(io) },
    );
    if (flags.json === true) writeJson(io, result);
    else io.stdout(render(result));
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    io.stderr("octoload: interrupted; no file was written\n");
    setExitCode(exitCodes.interrupted);
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

function parseInteger(flag: string, text: string | undefined): number {
  if (text === undefined) throw new OctoloadError("USAGE", `${flag} is missing: an integer`);
  if (/^\d+$/.test(text)) return Number(text);
  throw new OctoloadError("USAGE", `${flag} must be an integer, got ${describeValue(text)}`);
}

function parseOrder(text: string): RowOrder {
  const order = rowOrders.find((known) => known === text);
  if (order !== undefined) return order;
  throw new OctoloadError(
    "USAGE",
    `--order must be ${rowOrders.join(" or ")}, got ${describeValue(text)}`,
  );
}

/** One line now and then, once a build takes longer than that. */
function progressLine(io: CliIo): (progress: GenerateProgress) => void {
  let next = PROGRESS_EVERY_MS;
  return ({ phase, done, nodes, elapsedMs }) => {
    if (elapsedMs < next) return;
    next = elapsedMs + PROGRESS_EVERY_MS;
    const seconds = (elapsedMs / 1000).toFixed(0);
    io.stderr(`${describePhase(phase, done, nodes)}, ${seconds} s\n`);
  };
}

function describePhase(phase: GenerateProgress["phase"], done: number, nodes: number): string {
  const percent = `${Math.floor((100 * done) / nodes)} %`;
  if (phase === "plan") return `planning: ${done} cells looked at`;
  if (phase === "shuffle") return `shuffling: ${done} of ${nodes} nodes (${percent})`;
  return `writing: ${done} of ${nodes} rows (${percent})`;
}

function render({ path, nodes, levels, bytes }: GenerateResult): string {
  const rows = Object.entries(levels).map(([level, count]) => [level, String(count)]);
  const table = alignColumns([["level", "nodes"], ...rows], new Set([0, 1]));
  return `${shortPath(path)}: ${nodes} nodes, ${bytes} bytes\n${table}`;
}
