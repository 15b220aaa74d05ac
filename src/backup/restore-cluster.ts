import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { types } from "cassandra-driver";
import { applySchema } from "../cassandra/apply-schema.js";
import { quoteName } from "../cassandra/cql-text.js";
import { requireOwnTables } from "../cassandra/fitness.js";
import { type FoundKeyspace, inspectKeyspace } from "../cassandra/inspect.js";
import { MetaStore } from "../cassandra/meta.js";
import { chooseReplication, shapeOf } from "../cassandra/replication.js";
import { beginRestore, endRestore } from "../cassandra/restore-claim.js";
import type { CassandraSession } from "../cassandra/session.js";
import { requestFailure } from "../cassandra/session-errors.js";
import { readState } from "../cassandra/state-copy.js";
import { readTableIdentity } from "../cassandra/table-identity.js";
import { metaTable, rowTables, stateTable } from "../cassandra/tables.js";
import { Frame } from "../encoding/frame.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { settleTarget } from "../sink/cassandra/target-record.js";
import type { BackupHooks } from "./hooks.js";
import type { ClusterContent, ClusterRows, Manifest, RowsDigest } from "./manifest.js";
import { requireRowsEqual } from "./prove-rows.js";
import { readRowFile } from "./row-file.js";
import { CellWriter, requireVisible } from "./write-cells.js";

/** Emptying a table waits for the disks of all nodes. */
const TRUNCATE_TIMEOUT_MS = 120_000;
/** Longer than a server waits for another one to write, by default. */
const HINTS_UNDER_WAY_MS = 3_000;

/** What was put back, as it was read afterwards. */
export interface RestoredCluster {
  readonly keyspace: string;
  readonly digest: RowsDigest;
  /** Rows of the backup that have expired since. */
  readonly expired: number;
}

/**
 * Puts a target in Cassandra back: the table is emptied, and then each cell written with its own
 * write time. Emptying it takes rows, deletes and their times away together, so that nothing that
 * came after the backup can stand before what is older; docs/backup.md has the reasons. Broken off,
 * it starts over; until it has ended no load begins.
 *
 * @param replace whether what the target holds may go
 * @throws OctoloadError TARGET_LIVE, TARGET_LAYOUT, TARGET_FRAME, RESTORE_NEEDS_REPLACE,
 *   RESTORE_HIDDEN, RESTORE_DIFFERS, BACKUP_NO_ROWS, CASSANDRA_*
 */
export async function restoreCluster(
  folder: string,
  { id }: Manifest,
  content: ClusterContent,
  { session, replace }: { readonly session: CassandraSession; readonly replace: boolean },
  hooks: BackupHooks,
): Promise<RestoredCluster> {
  const { rows } = content;
  if (rows === null) throw new OctoloadError("BACKUP_NO_ROWS", `${folder} holds no rows`);
  await requireFit(session, content, replace);
  await makeTables(session, content, hooks);
  await requireNothingHidden(session, content, rows);
  await beginRestore(session, id);
  try {
    await emptyTable(session, content);
    await restoreMeta(session, content);
    const path = join(folder, rows.name);
    const { expired } = await writeRows(session, content, path, hooks);
    const digest = await requireRowsEqual(session, content.layout, { path, rows }, hooks);
    await requireMetaEqual(session, content);
    await endRestore(session, content.state, {
      table: rowTables[content.layout].name,
      lastWriteTimeUs: rows.lastWriteTimeUs === null ? null : BigInt(rows.lastWriteTimeUs),
    });
    return { keyspace: session.target.keyspace, digest, expired };
  } catch (error) {
    throw error instanceof OctoloadError ? error.late() : error;
  }
}

/** What can be refused before anything is changed. */
async function requireFit(
  session: CassandraSession,
  { layout, frame }: ClusterContent,
  replace: boolean,
): Promise<void> {
  const { target } = session;
  const found = await inspectKeyspace(session);
  if (found !== undefined) requireOwnTables(target.keyspace, found);
  if (target.layout !== null && target.layout !== layout) {
    throw new OctoloadError(
      "TARGET_LAYOUT",
      `the backup is of layout ${layout}, the URL says ${target.layout}`,
    );
  }
  await settleTarget(session, { layout, frame: Frame.from(frame) });
  if (replace || !(await holdsAnything(session, found, layout))) return;
  throw new OctoloadError("RESTORE_NEEDS_REPLACE", `${target.keyspace} holds rows or records`);
}

/** A row, or the record of a run. */
async function holdsAnything(
  session: CassandraSession,
  found: FoundKeyspace | undefined,
  layout: ClusterContent["layout"],
): Promise<boolean> {
  if (found === undefined) return false;
  if (found.tables.has(stateTable.name) && (await readState(session)).length > 0) return true;
  const { name, partitionKey } = rowTables[layout];
  if (!found.tables.has(name)) return false;
  const table = `${quoteName(session.target.keyspace)}.${name}`;
  const result = await session.client
    .execute(`SELECT ${partitionKey.join(", ")} FROM ${table} LIMIT 1`, [], {
      prepare: true,
      isIdempotent: true,
    })
    .catch((error: unknown) => {
      throw requestFailure(error, `looking whether ${name} is empty`);
    });
  return result.rows.length > 0;
}

/** As they were, on as many nodes as the cluster has now. */
async function makeTables(
  session: CassandraSession,
  { layout, tableOptions, replication: before }: ClusterContent,
  { onNote }: BackupHooks,
): Promise<void> {
  const { keyspace } = session.target;
  const shape = shapeOf(session);
  const { class: strategy = "", ...copies } = before;
  const wanted = Object.fromEntries(Object.entries(copies).map(([dc, rf]) => [dc, Number(rf)]));
  const isKnown =
    strategy.endsWith("NetworkTopologyStrategy") &&
    wanted[shape.local] !== undefined &&
    Object.keys(wanted).every((dc) => shape.nodes.has(dc));
  const { replication } = chooseReplication(shape, isKnown ? wanted : undefined);
  const spec = { keyspace, layout, replication, tableOptions };
  const { created } = await applySchema(session, spec);
  if (created.length === 0) return;
  await session.client.metadata.refreshKeyspace(keyspace);
  onNote?.(`made ${created.join(", ")}`);
}

async function requireNothingHidden(
  session: CassandraSession,
  { layout }: ClusterContent,
  { firstWriteTimeUs }: ClusterRows,
): Promise<void> {
  const identity = await readTableIdentity(session, layout);
  const first = firstWriteTimeUs === null ? null : BigInt(firstWriteTimeUs);
  requireVisible(rowTables[layout].name, identity?.droppedAtMs ?? new Map(), first);
}

/**
 * Of rows, of deletes, and of what nodes keep for others that were down. Such hints are left out when
 * they are replayed after a truncation (tag cassandra-5.0.6, hints/Hint.java, applyFuture). Yet in 6 of
 * 12 tries some seconds after a node had been frozen, up to a thousand rows came back on one node: by
 * all appearances hints that were on their way when it truncated. In none of 6 did they outlive a second
 * truncation, made when these have arrived.
 */
async function emptyTable(session: CassandraSession, { layout }: ClusterContent): Promise<void> {
  const { name } = rowTables[layout];
  await truncate(session, name);
  if (session.client.hosts.length === 1) return;
  await sleep(HINTS_UNDER_WAY_MS);
  await truncate(session, name);
}

async function truncate({ client, target }: CassandraSession, name: string): Promise<void> {
  const query = `TRUNCATE ${quoteName(target.keyspace)}.${name}`;
  await client
    .execute(query, [], { prepare: false, readTimeout: TRUNCATE_TIMEOUT_MS })
    .catch((error: unknown) => {
      throw requestFailure(error, `emptying ${name}, which takes all nodes`);
    });
}

/** The target's record of itself is the backup's, and no entry more. */
async function restoreMeta(session: CassandraSession, { meta }: ClusterContent): Promise<void> {
  const store = new MetaStore(session);
  const found = await store.readAll();
  const wanted = new Map(meta);
  for (const key of found.keys()) if (!wanted.has(key)) await store.remove(key);
  for (const [key, value] of wanted) {
    const before = found.get(key);
    if (before === undefined) await store.insert(key, value);
    else if (before !== value) await store.replace(key, before, value);
  }
}

async function requireMetaEqual(session: CassandraSession, { meta }: ClusterContent) {
  const found = await new MetaStore(session).readAll();
  const isEqual = found.size === meta.length && meta.every(([key, v]) => found.get(key) === v);
  if (isEqual) return;
  throw new OctoloadError(
    "RESTORE_DIFFERS",
    `${session.target.keyspace}.${metaTable.name} holds other entries than the backup`,
  );
}

async function writeRows(
  session: CassandraSession,
  { layout }: ClusterContent,
  path: string,
  { signal, onProgress }: BackupHooks,
) {
  const writer = await CellWriter.open(session, layout);
  const { size } = await stat(path);
  let share = 0;
  for await (const rows of readRowFile(path, (bytes) => {
    share = bytes / size;
  })) {
    signal?.throwIfAborted();
    await writer.write(rows);
    onProgress?.({ step: "write", share, rows: writer.written.rows });
  }
  await writer.drain();
  return writer.written;
}

/**
 * Removes what was not there when a target was backed up: its tables, and the keyspace where that
 * was not there either and holds nothing else.
 *
 * @param existing what was there: the keyspace, tables of it
 * @throws OctoloadError TARGET_LIVE, TARGET_FOREIGN, TARGET_SCHEMA, STATE_*, CASSANDRA_*
 */
export async function removeCluster(
  session: CassandraSession,
  existing: readonly string[],
): Promise<void> {
  const { keyspace } = session.target;
  const found = await inspectKeyspace(session);
  if (found === undefined) return;
  requireOwnTables(keyspace, found);
  if (found.tables.has(stateTable.name)) await beginRestore(session, "removal");
  const own = [...Object.values(rowTables), metaTable, stateTable].map(({ name }) => name);
  const gone = own.filter((name) => found.tables.has(name) && !existing.includes(name));
  const isOnlyOurs = [...found.tables.keys()].every((name) => gone.includes(name));
  if (isOnlyOurs && !existing.includes(keyspace)) {
    await drop(session, `DROP KEYSPACE ${quoteName(keyspace)}`);
    return;
  }
  for (const name of gone) await drop(session, `DROP TABLE ${quoteName(keyspace)}.${name}`);
}

async function drop({ client }: CassandraSession, query: string): Promise<void> {
  const options = { prepare: false, consistency: types.consistencies.one };
  await client
    .execute(query, [], { ...options, readTimeout: TRUNCATE_TIMEOUT_MS })
    .catch((error: unknown) => {
      throw requestFailure(error, query);
    });
}
