import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import type { HotOptions } from "../load/hot-options.js";
import { parseByteSize } from "./backfill-arguments.js";
import type { CliIo } from "./io.js";
import { textSetting } from "./settings.js";

/** Flags of every command that fills or reads a hot cache. */
export interface HotFlags {
  readonly hot?: string;
  readonly hotRegions?: string;
  readonly hotMaxMemory?: string;
}

export function addHotOptions(command: Command): Command {
  return command
    .option("--hot <url>", "hot cache: redis://HOST:PORT, rediss://… or redis+cluster://…")
    .option("--hot-regions <list>", 'what is hot, such as "coastal:10;urban:5;level>=12"')
    .option("--hot-max-memory <size>", "what the cache may use in all (default: its maxmemory)");
}

/** @throws OctoloadError USAGE, SETTINGS_INVALID */
export function parseHot(flags: HotFlags, io: CliIo): HotOptions | undefined {
  const url = textSetting("hot", flags.hot, io);
  const regions = textSetting("hotRegions", flags.hotRegions, io);
  const maxMemory = textSetting("hotMaxMemory", flags.hotMaxMemory, io);
  if (url === undefined) {
    if (flags.hotRegions === undefined && flags.hotMaxMemory === undefined) return undefined;
    throw new OctoloadError("USAGE", "--hot-regions and --hot-max-memory need --hot URL");
  }
  if (regions === undefined) {
    throw new OctoloadError("USAGE", '--hot needs --hot-regions, such as "coastal:10;level>=12"');
  }
  const maxMemoryBytes =
    maxMemory === undefined ? undefined : parseByteSize("--hot-max-memory", maxMemory);
  return { url, regions, ...(maxMemoryBytes === undefined ? {} : { maxMemoryBytes }) };
}
