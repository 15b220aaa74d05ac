import { applySchema } from "../cassandra/apply-schema.js";
import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { chooseReplication, shapeOf } from "../cassandra/replication.js";
import type { SchemaSpec } from "../cassandra/schema.js";
import { type Drift, findDrift } from "../cassandra/schema-check.js";
import {
  formatReplication,
  type Replication,
  type TableOptions,
} from "../cassandra/schema-options.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import type { Frame } from "../encoding/frame.js";
import { recordTarget, settleTarget } from "../sink/cassandra/target-record.js";
import { DEFAULT_LAYOUT } from "../sink/target-url.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";
import { renderSchema, schemaReport } from "./schema-text.js";

/** A command line of `octoload schema`, parsed. */
export interface SchemaRequest {
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

/** @returns whether the answer is yes: only a check says no */
export async function runSchema(request: SchemaRequest, io: CliIo): Promise<boolean> {
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
