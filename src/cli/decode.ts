import type { Command } from "commander";
import { decodeCode } from "../encoding/point.js";
import { parseCode, parseLevel } from "./arguments.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { frameSetting } from "./settings.js";

interface DecodeOptions {
  readonly level?: string;
  readonly frame?: string;
  readonly json?: true;
}

/** `octoload decode CODE --level L`: a cell's corners and centre in metres. */
export function addDecodeCommand(program: Command, io: CliIo): void {
  program
    .command("decode")
    .summary("print the corners and the centre of a cell")
    .description("Print the corners and the centre, in metres, of the cell with a Morton code.")
    .argument("<code>", "Morton code in decimal, 0 to 8^level - 1")
    .option("--level <level>", "octree level, 0 to 26 (required)")
    .option("--frame <frame>", "centred, bluemarble or the path of a frame file")
    .option("--json", "print min, max and center as JSON")
    .action((code: string, options: DecodeOptions) => {
      decode(code, options, io);
    });
}

function decode(text: string, options: DecodeOptions, io: CliIo): void {
  const level = parseLevel(options.level);
  const code = parseCode(text);
  const { frame } = frameSetting(options.frame, io);
  const { min, max, center } = decodeCode(code, level, frame);
  if (options.json === true) {
    writeJson(io, { min, max, center });
    return;
  }
  const row = (name: string, corner: readonly number[]) => [name, ...corner.map(String)];
  const rows = [["", "x", "y", "z"], row("min", min), row("max", max), row("center", center)];
  io.stdout(alignColumns(rows, new Set([1, 2, 3])));
}
