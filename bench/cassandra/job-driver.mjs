// What a program written on the driver alone does, fed from memory: it neither
// reads nor derives nor encodes, and even the values are made before the clock starts.
//   node job-driver.mjs '{"way": "batches" | "concurrent", "host", "port", "dc", …}'
import cassandra from "cassandra-driver";
import { insertRowCql } from "../../dist/cassandra/frames.js";
import { printCost } from "../load/process-cost.mjs";
import { codeOf, envelopeOf, readRows, signedMaskOf } from "./rows-file.mjs";

/**
 * @typedef {object} DriverOptions
 * @property {"batches" | "concurrent"} way
 * @property {string} host
 * @property {number} port
 * @property {string} dc
 * @property {string} keyspace
 * @property {string} rowsFile in layout node
 * @property {number} rowsOfBatch
 * @property {number} connections
 * @property {number} window requests in flight
 */

/** @type {DriverOptions} */
const options = JSON.parse(process.argv[2] ?? "{}");
const { types, concurrent } = cassandra;
const { localQuorum: consistency } = types.consistencies;

const client = new cassandra.Client({
  contactPoints: [`${options.host}:${options.port}`],
  localDataCenter: options.dc,
  pooling: { coreConnectionsPerHost: { [types.distance.local]: options.connections } },
  queryOptions: { consistency, prepare: true, isIdempotent: true },
});
const query = insertRowCql(options.keyspace, "node");

/** @param {bigint} value */
function longOf(value) {
  return types.Long.fromBits(Number(value & 0xffff_ffffn), Number(value >> 32n));
}

function valuesOfRows() {
  const batch = readRows(options.rowsFile);
  return Array.from({ length: batch.rows }, (_, row) => [
    longOf(codeOf(batch, row)),
    batch.levels[row],
    batch.noMaterials[row] === 1 ? types.unset : batch.materials[row],
    batch.homogeneities[row],
    signedMaskOf(batch, row),
    envelopeOf(batch, row),
    longOf(batch.lastModified[row] ?? 0n),
  ]);
}

/**
 * Unlogged batches of rows that are neighbours by token: with one node they share its replica set.
 *
 * @param {unknown[][]} rows in token order
 */
async function sendBatches(rows) {
  const { rowsOfBatch, window } = options;
  let next = 0;
  const worker = async () => {
    while (next < rows.length) {
      const begin = next;
      next += rowsOfBatch;
      const queries = rows.slice(begin, next).map((params) => ({ query, params }));
      await client.batch(queries, { prepare: true, logged: false, consistency });
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
}

/** @param {unknown[][]} rows */
async function sendConcurrently(rows) {
  const concurrencyLevel = options.window;
  await concurrent.executeConcurrent(client, query, rows, { concurrencyLevel });
}

await client.connect();
const rows = valuesOfRows();
await printCost(async () => {
  await (options.way === "batches" ? sendBatches(rows) : sendConcurrently(rows));
  return { rows: rows.length };
});
await client.shutdown();
