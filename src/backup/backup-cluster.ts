import { foundTableOptions } from "../cassandra/found-options.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { MetaStore } from "../cassandra/meta.js";
import { requireRestored } from "../cassandra/restore-claim.js";
import { entriesOf } from "../cassandra/restored-state.js";
import type { CassandraSession } from "../cassandra/session.js";
import { decodeWriteTimes, lastRunKey } from "../cassandra/state.js";
import { readState, type StateRow } from "../cassandra/state-copy.js";
import { rowTables } from "../cassandra/tables.js";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { readTargetRecord, settleTarget } from "../sink/cassandra/target-record.js";
import type { BackupFolder } from "./backup-folder.js";
import type { BackupHooks } from "./hooks.js";
import type { BackupFile, ClusterContent, ClusterRows, NodeSnapshot } from "./manifest.js";
import { type NodetoolOptions, takeSnapshots } from "./nodetool.js";
import { RowFileWriter } from "./row-file.js";
import { RowsSum } from "./rows-digest.js";
import { countCells, scanCells } from "./scan-cells.js";
import { WriteTimeSpan } from "./write-time-span.js";

const ROWS_FILE = "rows.bin";

export interface ClusterBackupOptions {
  /** Have the nodes take snapshots too. */
  readonly nodetool?: NodetoolOptions;
  /** Whether the rows are read and kept; true unless given. */
  readonly rows?: boolean;
}

export interface BackedUpCluster {
  readonly content: ClusterContent;
  readonly files: readonly BackupFile[];
}

/**
 * Backs up a target in Cassandra: its records, its state, and every row with each cell's write time
 * and expiry. Rows are read in short reads by token ranges; what is written meanwhile may be in the
 * backup or not, and a load that begins meanwhile makes it fail.
 *
 * @throws OctoloadError TARGET_*, BACKUP_COLUMNS, BACKUP_CHANGED, NODETOOL_FAILED, CASSANDRA_*
 */
export async function backUpCluster(
  session: CassandraSession,
  folder: BackupFolder,
  options: ClusterBackupOptions,
  hooks: BackupHooks,
): Promise<BackedUpCluster> {
  const { keyspace, layout: wanted } = session.target;
  const { layout, frame } = await settleTarget(session, { layout: wanted, frame: null });
  if ((await readTargetRecord(session, layout)) === undefined) {
    throw new OctoloadError("TARGET_MISSING", `nothing was loaded into ${keyspace} yet`);
  }
  await requireRestored(session);
  const { replication, table } = await describeTable(session, layout);
  const state = await readState(session);
  const { isDualWriteOn } = decodeWriteTimes(entriesOf(state));
  const meta = [...(await new MetaStore(session).readAll())];
  const snapshots = await snapshotsOf(session, options, hooks);
  const hasRows = options.rows !== false;
  const exported = hasRows ? await exportRows(session, layout, folder, hooks) : undefined;
  if (exported !== undefined) {
    await requireUnchanged(session, layout, { exported, state, isDualWriteOn }, hooks);
  }
  if (isDualWriteOn) {
    hooks.onNote?.("dual write is on: rows that services wrote meanwhile may be in it or not");
  }
  const content: ClusterContent = {
    kind: "cassandra",
    place: session.place,
    ...{ keyspace, layout, frame: frame.toJSON(), replication },
    tableOptions: foundTableOptions(table),
    rows: exported?.rows ?? null,
    ...{ meta, state, isDualWriteOn, snapshots },
    lastRunId: lastRunOf(state, layout),
  };
  return { content, files: exported === undefined ? [] : [exported.file] };
}

/** @throws OctoloadError BACKUP_COLUMNS */
async function describeTable(session: CassandraSession, layout: Layout) {
  const found = await inspectKeyspace(session);
  const { name, columns } = rowTables[layout];
  const table = found?.tables.get(name);
  if (found === undefined || table === undefined) {
    throw new OctoloadError("TARGET_MISSING", `${session.target.keyspace} has no ${name}`);
  }
  const others = table.columns.filter((column) => {
    return columns.every((known) => known.name !== column.name);
  });
  if (others.length === 0) return { replication: found.replication, table };
  const names = others.map((column) => `${column.name} ${column.type}`).join(", ");
  throw new OctoloadError("BACKUP_COLUMNS", `${session.target.keyspace}.${name} has ${names}`);
}

async function snapshotsOf(
  session: CassandraSession,
  { nodetool }: ClusterBackupOptions,
  hooks: BackupHooks,
): Promise<NodeSnapshot[]> {
  if (nodetool === undefined) return [];
  hooks.signal?.throwIfAborted();
  return takeSnapshots(session, nodetool);
}

interface ExportedRows {
  readonly rows: ClusterRows;
  readonly file: BackupFile;
}

async function exportRows(
  session: CassandraSession,
  layout: Layout,
  folder: BackupFolder,
  { signal, onProgress }: BackupHooks,
): Promise<ExportedRows> {
  const writer = await RowFileWriter.create(folder.pathOf(ROWS_FILE), ROWS_FILE);
  try {
    const sum = new RowsSum();
    const span = new WriteTimeSpan();
    let written = 0;
    const watch = {
      onProgress: (share: number) => onProgress?.({ step: "export", share, rows: written }),
      ...(signal === undefined ? {} : { signal }),
    };
    for await (const rows of scanCells(session, layout, watch)) {
      await writer.write(rows);
      for (const row of rows) {
        sum.add(row);
        span.add(row);
      }
      written += rows.length;
    }
    const file = await writer.finish();
    return { rows: { name: ROWS_FILE, digest: sum.digest, ...span.facts }, file };
  } catch (error) {
    await writer.close().catch(() => undefined);
    throw error;
  }
}

interface BeforeExport {
  readonly exported: ExportedRows;
  readonly state: readonly StateRow[];
  readonly isDualWriteOn: boolean;
}

/** @throws OctoloadError BACKUP_CHANGED */
async function requireUnchanged(
  session: CassandraSession,
  layout: Layout,
  { exported, state, isDualWriteOn }: BeforeExport,
  { signal, onProgress }: BackupHooks,
): Promise<void> {
  const { rows, lasting } = exported.rows.digest;
  const counted = await countCells(session, layout, {
    onProgress: (share) => onProgress?.({ step: "count", share }),
    ...(signal === undefined ? {} : { signal }),
  });
  const after = await readState(session);
  const runs = [state, after].map((each) => decodeWriteTimes(entriesOf(each)).runs);
  if (runs[0] !== runs[1]) {
    throw new OctoloadError("BACKUP_CHANGED", `run number ${runs[1]} began meanwhile`);
  }
  // Expiring rows may be gone by now, and services may have written.
  if (isDualWriteOn || (counted <= rows && counted >= lasting.rows)) return;
  throw new OctoloadError(
    "BACKUP_CHANGED",
    `${rows} rows were read, and ${counted} when they were counted again by other ranges`,
  );
}

function lastRunOf(state: readonly StateRow[], layout: Layout): string | null {
  return entriesOf(state).get(lastRunKey(rowTables[layout].name))?.value ?? null;
}
