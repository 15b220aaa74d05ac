import type { Command } from "commander";
import {
  parseReplication,
  parseTableOptions,
  type TableFlags,
} from "../cassandra/schema-options.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireCassandraTarget } from "./cassandra-target.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import type { SchemaRequest } from "./run-schema.js";
import { frameSetting, textSetting } from "./settings.js";

interface SchemaFlags extends TableFlags {
  readonly to?: string;
  readonly print?: true;
  readonly apply?: true;
  readonly check?: true;
  readonly rf?: string;
  readonly frame?: string;
  readonly json?: true;
}

/** `octoload schema`: shows, creates or checks the keyspace and tables of a Cassandra target. */
export function addSchemaCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("schema")
    .summary("print, create or check the tables of a Cassandra target")
    .description(
      "Print, create or check keyspace and tables of a Cassandra target. What exists is never altered or dropped; --check exits 7 when it differs.",
    )
    .option("--to <url>", "the target, such as cassandra://10.0.0.1/bluemarble?dc=dc1 (required)")
    .option("--print", "print the statements; with --rf no server is asked")
    .option("--apply", "create what is missing, and record layout and frame")
    .option("--check", "report what differs")
    .option(
      "--rf <copies>",
      "copies by data centre, such as dc1:3,dc2:3 (default: 3, or 1 node: 1)",
    )
    .option("--compaction <name>", "leveled (default), size-tiered or unified (from 5.0)")
    .option("--compression <name>", "lz4 (default), zstd or none")
    .option("--chunk-kib <n>", "KiB compressed, and read from the disk, at once (default: 16)")
    .option("--ttl <seconds>", "rows expire after this long (default: 0, never)")
    .option("--gc-grace-days <n>", "how long deletes are remembered (default: 90)")
    .option("--frame <frame>", "world frame of a new target; of an existing one: refuse another")
    .option("--json", "print the result as JSON")
    .action(async (flags: SchemaFlags) => {
      const request = parseRequest(flags, io);
      // Only who needs the driver waits for it to be loaded.
      const { runSchema } = await import("./run-schema.js");
      const isGood = await runSchema(request, io);
      if (!isGood) setExitCode(exitCodes.answerIsNo);
    });
}

function parseRequest(flags: SchemaFlags, io: CliIo): SchemaRequest {
  const modes = (["print", "apply", "check"] as const).filter((mode) => flags[mode] === true);
  const [mode] = modes;
  if (mode === undefined || modes.length > 1) {
    throw new OctoloadError("USAGE", "schema takes one of --print, --apply and --check");
  }
  const { frame, origin } = frameSetting(flags.frame, io);
  return {
    mode,
    target: requireCassandraTarget("schema", textSetting("to", flags.to, io)),
    replication: flags.rf === undefined ? undefined : parseReplication(flags.rf),
    tableOptions: parseTableOptions(flags),
    wantedFrame: origin === "default" ? null : frame,
    frame,
    json: flags.json === true,
  };
}
