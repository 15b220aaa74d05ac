import { consistencyCode } from "../../cassandra/consistency.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { requestFailure } from "../../cassandra/session-errors.js";
import type { Frame } from "../../encoding/frame.js";
import { tileToken, token } from "../../encoding/token.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import { decodeRows, type StoredRow } from "../row-decoder.js";
import { storedDigest } from "../stored-digest.js";
import type { CellKey } from "../stored-rows.js";
import type { CellCopies, CellCopy, CopyAnswer } from "../target.js";
import { type RowQueries, storedRowOf, writeTimesOf } from "./row-queries.js";

/** Of one replica, which answers at once or not at all. */
const READ_TIMEOUT_MS = 5000;

/**
 * What each replica of a cell answers when it is asked by itself, at consistency ONE. A replica that
 * coordinates such a read serves it from its own data, as long as its snitch does not take another
 * one for much faster.
 *
 * @throws OctoloadError CASSANDRA_REPLICATION
 */
export async function readCopies(
  session: CassandraSession,
  queries: RowQueries,
  key: CellKey,
  frame: Frame,
): Promise<CellCopies> {
  const { client, target } = session;
  const itsToken = tokenOf(queries, key);
  const { metadata } = client;
  // Whatever its type says, it is null where the driver does not know the ring or the keyspace.
  const replicas = metadata.getReplicas(target.keyspace, metadata.newToken(String(itsToken))) ?? [];
  if (replicas.length === 0) {
    throw new OctoloadError("CASSANDRA_REPLICATION", `no node has token ${itsToken}`);
  }
  const copies = replicas.map(async (host): Promise<CellCopy> => {
    const { address: node, datacenter, rack } = host;
    if (datacenter !== session.datacenter) {
      const why = `in ${datacenter}; ?dc=${datacenter} in the URL asks there`;
      return { node, datacenter, rack, answer: { kind: "not-asked", why } };
    }
    const answer = await ask(session, queries, key, frame, host);
    return { node, datacenter, rack, answer };
  });
  return { token: itsToken, copies: (await Promise.all(copies)).sort(byPlace) };
}

type Host = ReturnType<CassandraSession["client"]["getReplicas"]>[number];

async function ask(
  { client }: CassandraSession,
  queries: RowQueries,
  key: CellKey,
  frame: Frame,
  host: Host,
): Promise<CopyAnswer> {
  const { cql, params, what } = queries.copy(key);
  const consistency = consistencyCode("one");
  const options = { prepare: true, isIdempotent: true, readTimeout: READ_TIMEOUT_MS };
  try {
    const result = await client.execute(cql, [...params], { ...options, host, consistency });
    const found = result.rows[0];
    if (found === undefined) return { kind: "absent" };
    return rowAnswer(storedRowOf(found, queries.layout), writeTimesOf(found), frame);
  } catch (error) {
    if (error instanceof OctoloadError) return { kind: "damaged", error };
    return { kind: "failed", error: requestFailure(error, what) };
  }
}

function rowAnswer(
  stored: StoredRow,
  writeTimesUs: Readonly<Record<string, bigint | null>>,
  frame: Frame,
): CopyAnswer {
  const [row] = decodeRows([stored], frame);
  if (row === undefined) return { kind: "absent" };
  return { kind: "row", row, digest: storedDigest(stored), writeTimesUs };
}

function tokenOf({ layout }: RowQueries, { level, tile, cell }: CellKey): bigint {
  return layout === "tile" ? tileToken(level, tile) : token((tile << 15n) | BigInt(cell));
}

function byPlace(a: CellCopy, b: CellCopy): number {
  return `${a.datacenter} ${a.node}` < `${b.datacenter} ${b.node}` ? -1 : 1;
}
