// The server's ceiling: ready frames written to bare sockets. They are encoded,
// and given their stream ids, before the clock starts.
//   node job-ceiling.mjs '{"host", "port", "keyspace", "layout", "rowsFile", "rowsOfFrame", …}'

import { encodeFrames, insertRowCql } from "../../dist/cassandra/frames.js";
import { printCost } from "../load/process-cost.mjs";
import { BareConnection, numberStreams } from "./bare-connection.mjs";
import { readRows } from "./rows-file.mjs";

/**
 * @typedef {object} CeilingOptions
 * @property {string} host
 * @property {number} port
 * @property {string} keyspace
 * @property {import("./rows-file.mjs").Layout} layout
 * @property {string} rowsFile
 * @property {number} rowsOfFrame at most; 1: each row is an EXECUTE
 * @property {number} bytesOfFrame at most, as the server counts a batch
 * @property {number} connections
 * @property {number} window frames in flight on each connection
 */

/** @type {CeilingOptions} */
const options = JSON.parse(process.argv[2] ?? "{}");
const LOCAL_QUORUM = 6;

const { host, port, keyspace, layout, window } = options;
const connections = await Promise.all(
  Array.from({ length: options.connections }, () => BareConnection.open(host, port)),
);
const [first] = connections;
if (first === undefined) throw new Error("a load needs a connection");
const rows = readRows(options.rowsFile);
const frames = encodeFrames(rows, {
  layout,
  preparedId: await first.prepare(insertRowCql(keyspace, layout)),
  consistency: LOCAL_QUORUM,
  timestampUs: BigInt(Date.now()) * 1000n,
  nullAs: "unset",
  maxRows: options.rowsOfFrame,
  maxMutationBytes: options.bytesOfFrame,
  // One node owns everything.
  ring: { boundaries: BigInt64Array.of(0n), replicaSetOf: Uint32Array.of(0) },
});
numberStreams(frames);

await printCost(async () => {
  const share = Math.ceil(frames.count / connections.length);
  await Promise.all(
    connections.map((connection, i) => {
      const begin = Math.min(i * share, frames.count);
      return connection.send(frames, begin, Math.min(begin + share, frames.count), window);
    }),
  );
  return { rows: rows.rows };
});
for (const connection of connections) connection.close();
