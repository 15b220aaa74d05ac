import type { Command } from "commander";
import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { requireTables } from "../cassandra/fitness.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import {
  type DualWriteStatus,
  giveUpT0,
  readDualWriteStatus,
  switchDualWriteOff,
  switchDualWriteOn,
} from "../cassandra/t0.js";
import { rowTables } from "../cassandra/tables.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { renderStatus, statusReport } from "./dual-write-text.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { textSetting } from "./settings.js";

interface DualWriteFlags {
  readonly to?: string;
  readonly resetT0?: true;
  readonly targetIsDisposable?: true;
  readonly json?: true;
}

type Change = (session: CassandraSession) => Promise<void>;

/** `octoload migrate`: the switches of a migration. */
export function addMigrateCommand(program: Command, io: CliIo): void {
  const dualWrite = program
    .command("migrate")
    .summary("switch and show the steps of a migration")
    .description("Switch and show the steps of a migration while the old system is live.")
    .command("dual-write")
    .summary("set and show T0, from which live writes win over loads")
    .description(
      "Set and show T0: live writes are stamped from T0 on, and loads before it, so that a load never beats a live write.",
    );
  withOptions(dualWrite.command("on"))
    .summary("let services write both systems; sets T0")
    .description("Let services write both systems. Sets T0 where it is not set; one that is stays.")
    .action((flags: DualWriteFlags) => dualWriteCommand(flags, io, switchDualWriteOn));
  withOptions(dualWrite.command("off"))
    .summary("let services write the old system alone; T0 stays")
    .description(
      "Let services write the old system alone. T0 stays, so that what was written live still wins over loads.",
    )
    .option("--reset-t0", "give up T0: the next load replaces what was written live")
    .option("--target-is-disposable", "needed with --reset-t0: all services that write are stopped")
    .action((flags: DualWriteFlags) => dualWriteCommand(flags, io, changeOfOff(flags)));
  withOptions(dualWrite.command("status"))
    .summary("show T0, the last run, and who changed what")
    .description("Show T0, the last run's write timestamp, and who changed what when.")
    .action((flags: DualWriteFlags) => dualWriteCommand(flags, io, async () => undefined));
}

function withOptions(command: Command): Command {
  return command
    .option("--to <url>", "the target, such as cassandra://10.0.0.1/bluemarble?dc=dc1 (required)")
    .option("--json", "print the result as JSON");
}

function changeOfOff({ resetT0, targetIsDisposable }: DualWriteFlags): Change {
  if (resetT0 !== targetIsDisposable) {
    throw new OctoloadError(
      "USAGE",
      "--reset-t0 and --target-is-disposable go together: later loads replace what was written live, deletes included",
    );
  }
  return resetT0 === true ? giveUpT0 : switchDualWriteOff;
}

/** Changes what is asked for, then prints what is. */
async function dualWriteCommand(flags: DualWriteFlags, io: CliIo, change: Change): Promise<void> {
  const target = parseTarget(textSetting("to", flags.to, io));
  const note = (text: string) => io.stderr(`octoload: ${text}\n`);
  const session = await connectCassandra(target, { env: io.env, onNote: note });
  try {
    const found = await inspectKeyspace(session);
    const isTile = found?.tables.has(rowTables.tile.name) === true;
    requireTables(target.keyspace, target.layout ?? (isTile ? "tile" : "node"), found);
    await change(session);
    print(await readDualWriteStatus(session), flags, io);
  } finally {
    await session.close();
  }
}

function print(status: DualWriteStatus, { json }: DualWriteFlags, io: CliIo): void {
  if (json === true) writeJson(io, statusReport(status));
  else io.stdout(alignColumns(renderStatus(status)));
}

function parseTarget(url: string | undefined): CassandraTarget {
  const example = "such as cassandra://10.0.0.1/bluemarble?dc=dc1";
  if (url === undefined) {
    throw new OctoloadError("USAGE", `--to is missing: the target's URL, ${example}`);
  }
  const target = parseTargetUrl(url);
  if (target.kind === "cassandra") return target;
  throw new OctoloadError("USAGE", `migrate is for Cassandra targets, ${example}`);
}
