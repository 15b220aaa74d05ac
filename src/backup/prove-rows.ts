import type { CassandraSession } from "../cassandra/session.js";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type CellRow, isExpiring } from "./cell-row.js";
import type { BackupHooks } from "./hooks.js";
import type { ClusterRows, RowsDigest } from "./manifest.js";
import { readRowFile } from "./row-file.js";
import { RowsSum } from "./rows-digest.js";
import { scanCells } from "./scan-cells.js";

/** Servers and this process count seconds apart. */
const EXPIRY_MARGIN_S = 5;

/** The file of a backup's rows. */
export interface RowSource {
  readonly path: string;
  readonly rows: ClusterRows;
}

/**
 * Reads a whole target and compares it with the rows of a backup: number and content, write times
 * included. Rows that expire are compared too where none of them can have gone yet; else their
 * number has to lie between those that must be there and those that may.
 *
 * @returns what was read
 * @throws OctoloadError RESTORE_DIFFERS, CASSANDRA_*
 */
export async function requireRowsEqual(
  session: CassandraSession,
  layout: Layout,
  source: RowSource,
  { signal, onProgress }: BackupHooks,
): Promise<RowsDigest> {
  const beganS = Date.now() / 1000;
  const sum = new RowsSum();
  let rows = 0;
  const watch = {
    onProgress: (share: number) => onProgress?.({ step: "read back", share, rows }),
    ...(signal === undefined ? {} : { signal }),
  };
  for await (const batch of scanCells(session, layout, watch)) {
    for (const row of batch) sum.add(row);
    rows += batch.length;
  }
  const fault = await faultOf(source, sum.digest, beganS);
  if (fault === undefined) return sum.digest;
  throw new OctoloadError("RESTORE_DIFFERS", `${session.target.keyspace}: ${fault}`);
}

/** What is wrong with what was read; undefined: it is the backup's. */
async function faultOf(
  { path, rows }: RowSource,
  got: RowsDigest,
  beganS: number,
): Promise<string | undefined> {
  const { digest: wanted, firstExpiryS } = rows;
  const isWhole = firstExpiryS === null || firstExpiryS > Date.now() / 1000 + EXPIRY_MARGIN_S;
  if (isWhole) return describeDifference(wanted, got);
  const lasting = describeDifference(wanted.lasting, got.lasting);
  if (lasting !== undefined) return lasting;
  const { least, most } = await expiringRows(path, beganS);
  const expiring = got.rows - got.lasting.rows;
  if (expiring >= least && expiring <= most) return undefined;
  return `${expiring} rows with a time to live were read, ${least} to ${most} are left of the backup's`;
}

function describeDifference(
  wanted: { readonly rows: number; readonly sum: string },
  got: { readonly rows: number; readonly sum: string },
): string | undefined {
  if (wanted.rows !== got.rows) return `${got.rows} rows were read, the backup has ${wanted.rows}`;
  if (wanted.sum === got.sum) return undefined;
  return `as many rows were read as the backup has, ${got.rows}, but with another content`;
}

/** How many of the backup's expiring rows must be there still, and how many may. */
async function expiringRows(path: string, beganS: number) {
  const endedS = Date.now() / 1000;
  let least = 0;
  let most = 0;
  for await (const batch of readRowFile(path)) {
    for (const row of batch.filter(isExpiring)) {
      const lastS = lastExpiry(row);
      if (lastS > endedS + EXPIRY_MARGIN_S) least += 1;
      if (lastS > beganS - EXPIRY_MARGIN_S) most += 1;
    }
  }
  return { least, most };
}

/** When the last of its cells goes; a cell without expiry does not. */
function lastExpiry({ values, expiriesS }: CellRow): number {
  return Math.max(
    ...values.map((value, i) => {
      if (value === null) return 0;
      return expiriesS[i] === 0 ? Number.POSITIVE_INFINITY : (expiriesS[i] ?? 0);
    }),
  );
}
