import type { Command } from "commander";
import { tileCellOf } from "../encoding/cell.js";
import { encodePoint } from "../encoding/point.js";
import { parseCoordinate, parseLevel } from "./arguments.js";
import type { CliIo } from "./io.js";
import { writeJson } from "./output.js";
import { frameSetting } from "./settings.js";

interface EncodeOptions {
  readonly level?: string;
  readonly frame?: string;
  readonly json?: true;
}

/** `octoload encode X Y Z --level L`: a point's Morton code in decimal. */
export function addEncodeCommand(program: Command, io: CliIo): void {
  program
    .command("encode")
    .summary("print the Morton code of a point")
    .description("Print the decimal Morton code of the cell that holds a point.")
    .argument("<x>", "metres; negative numbers need no quoting")
    .argument("<y>", "metres")
    .argument("<z>", "metres")
    .option("--level <level>", "octree level, 0 to 26 (required)")
    .option("--frame <frame>", "centred, bluemarble or the path of a frame file")
    .option("--json", "print code, level, tile, cell and frame as JSON")
    .action((x: string, y: string, z: string, options: EncodeOptions) => {
      encode([x, y, z], options, io);
    });
}

function encode(
  [x, y, z]: readonly [string, string, string],
  options: EncodeOptions,
  io: CliIo,
): void {
  const level = parseLevel(options.level);
  const point = [
    parseCoordinate("X", x),
    parseCoordinate("Y", y),
    parseCoordinate("Z", z),
  ] as const;
  const { frame } = frameSetting(options.frame, io);
  const code = encodePoint(...point, level, frame);
  if (options.json !== true) {
    io.stdout(`${code}\n`);
    return;
  }
  const { tile, cell } = tileCellOf(code);
  writeJson(io, { code: String(code), level, tile: String(tile), cell, frame: frame.name });
}
