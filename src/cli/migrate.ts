import type { Command } from "commander";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireCassandraTarget } from "./cassandra-target.js";
import type { CliIo } from "./io.js";
import type { DualWriteChange } from "./run-dual-write.js";
import { textSetting } from "./settings.js";

interface DualWriteFlags {
  readonly to?: string;
  readonly resetT0?: true;
  readonly targetIsDisposable?: true;
  readonly json?: true;
}

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
    .action((flags: DualWriteFlags) => switchAndShow("on", flags, io));
  withOptions(dualWrite.command("off"))
    .summary("let services write the old system alone; T0 stays")
    .description(
      "Let services write the old system alone. T0 stays, so that what was written live still wins over loads.",
    )
    .option("--reset-t0", "give up T0: the next load replaces what was written live")
    .option("--target-is-disposable", "needed with --reset-t0: all services that write are stopped")
    .action((flags: DualWriteFlags) => switchAndShow("off", flags, io));
  withOptions(dualWrite.command("status"))
    .summary("show T0, the last run, and who changed what")
    .description("Show T0, the last run's write timestamp, and who changed what when.")
    .action((flags: DualWriteFlags) => switchAndShow("status", flags, io));
}

function withOptions(command: Command): Command {
  return command
    .option("--to <url>", "the target, such as cassandra://10.0.0.1/bluemarble?dc=dc1 (required)")
    .option("--json", "print the result as JSON");
}

async function switchAndShow(
  step: "on" | "off" | "status",
  flags: DualWriteFlags,
  io: CliIo,
): Promise<void> {
  const target = requireCassandraTarget("migrate", textSetting("to", flags.to, io));
  const change = step === "off" ? changeOfOff(flags) : step;
  // Only who needs the driver waits for it to be loaded.
  const { runDualWrite } = await import("./run-dual-write.js");
  await runDualWrite({ target, change, json: flags.json === true }, io);
}

function changeOfOff({ resetT0, targetIsDisposable }: DualWriteFlags): DualWriteChange {
  if (resetT0 !== targetIsDisposable) {
    throw new OctoloadError(
      "USAGE",
      "--reset-t0 and --target-is-disposable go together: later loads replace what was written live, deletes included",
    );
  }
  return resetT0 === true ? "reset" : "off";
}
