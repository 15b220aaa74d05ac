import type { Command } from "commander";
import { applySchema } from "../cassandra/apply-schema.js";
import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { chooseReplication, shapeOf } from "../cassandra/replication.js";
import type { SchemaSpec } from "../cassandra/schema.js";
import { type Drift, findDrift } from "../cassandra/schema-check.js";
import {
  formatReplication,
  parseReplication,
  parseTableOptions,
  type Replication,
  type TableFlags,
  type TableOptions,
} from "../cassandra/schema-options.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import type { Frame } from "../encoding/frame.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { recordTarget, settleTarget } from "../sink/cassandra/target-record.js";
import { DEFAULT_LAYOUT, parseTargetUrl } from "../sink/target-url.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { renderSchema, schemaReport } from "./schema-text.js";
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

/** A command line, parsed. */
interface SchemaRequest {
  readonly mode: "print" | "apply" | "check";
  readonly target: CassandraTarget;
  readonly replication: Replication | undefined;
  readonly tableOptions: TableOptions;
  /** null: the user did not say. */
  readonly wantedFrame: Frame | null;
  /** Of a new target. */
  readonly frame: Frame;
  readonly json: boolean;
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
      const isGood = await schema(parseRequest(flags, io), io);
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
    target: parseTarget(textSetting("to", flags.to, io)),
    replication: flags.rf === undefined ? undefined : parseReplication(flags.rf),
    tableOptions: parseTableOptions(flags),
    wantedFrame: origin === "default" ? null : frame,
    frame,
    json: flags.json === true,
  };
}

function parseTarget(url: string | undefined): CassandraTarget {
  const example = "such as cassandra://10.0.0.1/bluemarble?dc=dc1";
  if (url === undefined) {
    throw new OctoloadError("USAGE", `--to is missing: the target's URL, ${example}`);
  }
  const target = parseTargetUrl(url);
  if (target.kind === "cassandra") return target;
  throw new OctoloadError("USAGE", `schema is for Cassandra targets, ${example}`);
}

/** Whether the answer is yes: only a check says no. */
async function schema(request: SchemaRequest, io: CliIo): Promise<boolean> {
  const { mode, replication, target } = request;
  if (mode === "print" && replication !== undefined) {
    const spec = specOf(request, target.layout ?? DEFAULT_LAYOUT, replication);
    print(spec, request.frame, request, io);
    return true;
  }
  const note = (text: string) => io.stderr(`octoload: ${text}\n`);
  const session = await connectCassandra(target, { env: io.env, onNote: note });
  try {
    const wanted = { layout: target.layout, frame: request.wantedFrame };
    const { layout, frame } = await settleTarget(session, wanted);
    const chosen = chooseReplication(shapeOf(session), replication);
    if (mode !== "check") chosen.notes.forEach(note);
    const spec = specOf(request, layout, chosen.replication);
    if (mode === "check") return await check(session, spec, request, io);
    if (mode === "apply") await apply(session, spec, frame, request, io);
    else print(spec, frame, request, io);
    return true;
  } finally {
    await session.close();
  }
}

function specOf(
  { target, tableOptions }: SchemaRequest,
  layout: SchemaSpec["layout"],
  replication: Replication,
): SchemaSpec {
  return { keyspace: target.keyspace, layout, replication, tableOptions };
}

function print(spec: SchemaSpec, frame: Frame, { json }: SchemaRequest, io: CliIo): void {
  if (json) writeJson(io, schemaReport(spec, frame));
  else io.stdout(renderSchema(spec, frame));
}

async function apply(
  session: CassandraSession,
  spec: SchemaSpec,
  frame: Frame,
  { json }: SchemaRequest,
  io: CliIo,
): Promise<void> {
  const { created, existing } = await applySchema(session, spec);
  await recordTarget(session, spec.layout, frame);
  const drift = findDrift(spec, await inspectKeyspace(session));
  const { keyspace, layout } = spec;
  if (json) {
    writeJson(io, { keyspace, layout, frame, created, existing, drift: drift.map(driftReport) });
    return;
  }
  const rows = [
    ...created.map((object) => [object, "created"]),
    ...existing.map((object) => [object, "was there"]),
  ];
  io.stdout(alignColumns(rows));
  io.stdout(
    `layout ${layout}, frame ${frame.name}, copies ${formatReplication(spec.replication)}\n`,
  );
  if (drift.length > 0) io.stderr(`octoload: left as they are:\n${renderDrift(drift)}`);
}

async function check(
  session: CassandraSession,
  spec: SchemaSpec,
  { json }: SchemaRequest,
  io: CliIo,
): Promise<boolean> {
  const drift = findDrift(spec, await inspectKeyspace(session));
  const { keyspace, layout } = spec;
  if (json) writeJson(io, { keyspace, layout, drift: drift.map(driftReport) });
  else if (drift.length > 0) io.stdout(renderDrift(drift));
  else io.stdout(`${keyspace} is as it should be, layout ${layout}\n`);
  return drift.length === 0;
}

function renderDrift(drift: readonly Drift[]): string {
  const rows = drift.map(({ object, item, expected, found }) => [object, item, expected, found]);
  return alignColumns([["where", "what", "expected", "found"], ...rows]);
}

/** As --json shows a difference. */
function driftReport({ isFatal, ...drift }: Drift) {
  return { ...drift, loadable: !isFatal };
}
