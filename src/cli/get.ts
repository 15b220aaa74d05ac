import type { Command } from "commander";
import type { Box } from "../encoding/cover.js";
import { encodePoint } from "../encoding/point.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { openTarget } from "../target/open-target.js";
import type { Target } from "../target/target.js";
import type { TargetRow } from "../target/target-row.js";
import { parseCoordinate, parseLevel } from "./arguments.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { rowCells, rowHeadings, rowLines, rowNumbers, rowReport } from "./row-output.js";
import { frameSetting } from "./settings.js";

const DEFAULT_LIMIT = 100;

interface GetOptions {
  readonly to?: string;
  readonly level?: string;
  readonly nearest?: true;
  readonly box?: string;
  readonly limit?: string;
  readonly frame?: string;
  readonly json?: true;
}

interface GetContext {
  readonly target: Target;
  readonly options: GetOptions;
  readonly io: CliIo;
}

/** `octoload get`: the row of a cell, or the rows of a box, from a target. */
export function addGetCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("get")
    .summary("read a cell, or the cells of a box, from a target")
    .description(
      "Read the row of the cell that holds a point, or the rows of all cells that a box touches. Exits 7 when there is none.",
    )
    .argument("[x]", "metres; negative numbers need no quoting")
    .argument("[y]", "metres")
    .argument("[z]", "metres")
    .option(
      "--to <url>",
      "the target, such as cassandra://host/keyspace or sqlite:earth.db (required)",
    )
    .option("--level <level>", "octree level, 0 to 26; with --box also a range a..b")
    .option("--nearest", "the deepest ancestor that exists, where the cell does not")
    .option("--box <corners>", "minx,miny,minz,maxx,maxy,maxz in metres, in place of a point")
    .option("--limit <rows>", `rows of a box at most (default: ${DEFAULT_LIMIT})`)
    .option("--frame <frame>", "refuse a target of another frame; by default the target's is taken")
    .option("--json", "print the result as JSON")
    .action(async (x: string, y: string, z: string, options: GetOptions) => {
      const found = await get([x, y, z], options, io);
      if (!found) setExitCode(exitCodes.answerIsNo);
    });
}

async function get(
  point: readonly (string | undefined)[],
  options: GetOptions,
  io: CliIo,
): Promise<boolean> {
  const read = options.box === undefined ? pointReader(point, options) : boxReader(point, options);
  if (options.to === undefined) {
    throw new OctoloadError("USAGE", "--to is missing: the target's URL, such as sqlite:earth.db");
  }
  const { frame, origin } = frameSetting(options.frame, io);
  const target = await openTarget(options.to, {
    env: io.env,
    onNote: (text) => io.stderr(`octoload: ${text}\n`),
    ...(origin === "default" ? {} : { frame }),
  });
  try {
    return await read({ target, options, io });
  } finally {
    await target.close();
  }
}

type Reader = (context: GetContext) => Promise<boolean>;

function pointReader(texts: readonly (string | undefined)[], options: GetOptions): Reader {
  const [x, y, z] = texts;
  if (x === undefined || y === undefined || z === undefined) {
    throw new OctoloadError("USAGE", "X, Y and Z are missing, or --box");
  }
  if (options.limit !== undefined) throw new OctoloadError("USAGE", "--limit goes with --box");
  const level = parseLevel(options.level);
  const point = [
    parseCoordinate("X", x),
    parseCoordinate("Y", y),
    parseCoordinate("Z", z),
  ] as const;
  return async ({ target, io }) => {
    const row = options.nearest
      ? await target.getNearest(...point, level)
      : await target.getCell(encodePoint(...point, level, target.frame), level);
    if (options.json === true) {
      writeJson(io, { found: row !== undefined, cell: row ? rowReport(row, target) : null });
    } else if (row !== undefined) {
      io.stdout(alignColumns(rowLines(row, target)));
    } else {
      const what = options.nearest ? "neither the cell nor an ancestor of it" : "no such cell";
      io.stderr(`octoload: ${what} is in the target\n`);
    }
    return row !== undefined;
  };
}

function boxReader(texts: readonly (string | undefined)[], options: GetOptions): Reader {
  if (texts[0] !== undefined || options.nearest === true) {
    throw new OctoloadError("USAGE", "--box takes the place of X, Y, Z and --nearest");
  }
  const box = parseBox(options.box ?? "");
  const limit = parseLimit(options.limit);
  const levels = options.level === undefined ? undefined : parseLevels(options.level);
  return async ({ target, io }) => {
    const found: TargetRow[] = [];
    // One more than shown, to know whether there are more.
    const search = { limit: limit + 1, ...(levels === undefined ? {} : { levels }) };
    for await (const row of target.getBox(box, search)) found.push(row);
    const shown = found.slice(0, limit);
    writeRows(shown, found.length > limit, { target, options, io });
    return shown.length > 0;
  };
}

function writeRows(
  rows: readonly TargetRow[],
  more: boolean,
  { target, options, io }: GetContext,
): void {
  if (options.json === true) {
    writeJson(io, { cells: rows.map((row) => rowReport(row, target)), more });
    return;
  }
  if (rows.length > 0) io.stdout(alignColumns([rowHeadings, ...rows.map(rowCells)], rowNumbers));
  else io.stderr("octoload: no cell of the target is in the box\n");
  if (more) io.stderr(`octoload: there are more than these ${rows.length}; see --limit\n`);
}

function parseBox(text: string): Box {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length !== 6) {
    throw new OctoloadError(
      "USAGE",
      `--box must be minx,miny,minz,maxx,maxy,maxz, got ${describeValue(text)}`,
    );
  }
  const at = (i: number) => parseCoordinate("--box", parts[i] ?? "");
  return { min: [at(0), at(1), at(2)], max: [at(3), at(4), at(5)] };
}

function parseLevels(text: string): [number, number] {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [undefined, text, text];
  const levels: [number, number] = [parseLevel(from), parseLevel(to)];
  if (levels[0] <= levels[1]) return levels;
  throw new OctoloadError("USAGE", `--level must ascend, got ${describeValue(text)}`);
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && Number.isSafeInteger(limit)) return limit;
  throw new OctoloadError("USAGE", `--limit must be an integer from 1, got ${describeValue(text)}`);
}
