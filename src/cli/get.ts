import type { Command } from "commander";
import type { NodeAnswer } from "../cache/cached-reader.js";
import type { Box } from "../encoding/cover.js";
import { encodePoint } from "../encoding/point.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseHotRegions } from "../hot/hot-regions.js";
import type { HotOptions } from "../load/hot-options.js";
import { openTarget } from "../target/open-target.js";
import type { Target } from "../target/target.js";
import type { TargetRow } from "../target/target-row.js";
import { parseCoordinate, parseLevel } from "./arguments.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import { parseHot } from "./hot-arguments.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import {
  nodeLines,
  nodeReport,
  rowCells,
  rowHeadings,
  rowLines,
  rowNumbers,
  rowReport,
} from "./row-output.js";
import { frameSetting } from "./settings.js";

const DEFAULT_LIMIT = 100;
/** A process that has just begun is slower than a cache. */
const CACHE_DEADLINE_MS = 250;

interface GetOptions {
  readonly to?: string;
  readonly level?: string;
  readonly nearest?: true;
  readonly box?: string;
  readonly limit?: string;
  readonly frame?: string;
  readonly hot?: string;
  readonly hotRegions?: string;
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
    .option("--hot <url>", "ask this cache first, redis://HOST:PORT, for a cell that is hot")
    .option("--hot-regions <list>", 'what is hot, such as "coastal:10;urban:5;level>=12"')
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
  const hot = hotOptions(options, io);
  const read = readerOf(point, options, hot);
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

/** A setting alone, which is there for loads, does not make an answer shorter. */
function hotOptions(options: GetOptions, io: CliIo): HotOptions | undefined {
  if (options.hot === undefined && options.hotRegions === undefined) return undefined;
  if (options.box === undefined && options.nearest !== true) return parseHot(options, io);
  throw new OctoloadError("USAGE", "--hot goes with a single cell, not with --box and --nearest");
}

function readerOf(
  point: readonly (string | undefined)[],
  options: GetOptions,
  hot: HotOptions | undefined,
): Reader {
  if (options.box !== undefined) return boxReader(point, options);
  return hot === undefined ? pointReader(point, options) : cachedReader(point, options, hot);
}

function parsePoint(
  texts: readonly (string | undefined)[],
  options: GetOptions,
): { readonly point: readonly [number, number, number]; readonly level: number } {
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
  return { point, level };
}

/** What an entry of the cache holds, from the cache or from the target. */
function cachedReader(
  texts: readonly (string | undefined)[],
  options: GetOptions,
  hot: HotOptions,
): Reader {
  const { point, level } = parsePoint(texts, options);
  const regions = parseHotRegions(hot.regions);
  return async ({ target, io }) => {
    const { createCachedReader } = await import("../cache/cached-reader.js");
    const { buildHotIndex } = await import("../hot/build-hot-index.js");
    const reader = await createCachedReader({
      ...{ target, cache: hot.url, hot: await buildHotIndex(regions) },
      ...{ deadlineMs: CACHE_DEADLINE_MS, env: io.env },
      onNote: (text) => io.stderr(`octoload: ${text}\n`),
    });
    try {
      const code = encodePoint(...point, level, target.frame);
      return writeAnswer(await reader.getNode(code, level), options, io);
    } finally {
      reader.close();
    }
  };
}

function writeAnswer(
  { source, cached, row }: NodeAnswer,
  { json }: GetOptions,
  io: CliIo,
): boolean {
  if (json === true) {
    const cell = row === null ? null : nodeReport(row);
    writeJson(io, { found: row !== null, source, cached, cell });
  } else if (row !== null) {
    const answered = [
      ["source", source],
      ["cached", cached],
    ];
    io.stdout(alignColumns([...answered, ...nodeLines(row)]));
  } else {
    io.stderr(`octoload: no such cell is in the target (answered by ${source}, ${cached})\n`);
  }
  return row !== null;
}

function pointReader(texts: readonly (string | undefined)[], options: GetOptions): Reader {
  const { point, level } = parsePoint(texts, options);
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
