import { type Ring, replicaSetAt } from "../cassandra/ring.js";
import { tokens } from "../encoding/token.js";
import type { FrameLimits } from "../sink/cassandra/frame-limits.js";
import { type CellRow, keyValues } from "./cell-row.js";
import type { Statement } from "./cell-statements.js";

/** Which rows may travel together: those of one place. An entry a row. */
export type PlacesOf = (rows: readonly CellRow[]) => readonly (string | number)[];

/** Layout tile: one partition, and so one mutation. */
export const placesByTile: PlacesOf = (rows) => rows.map(({ level, tile }) => `${level} ${tile}`);

/**
 * Layout node: one set of replicas, so that a batch takes no more of them than a row does. Where the
 * ring has changed since, a batch is passed on by the node that gets it.
 */
export function placesByReplicas(ring: Ring): PlacesOf {
  return (rows) => {
    const codes = BigInt64Array.from(rows, (row) => BigInt(keyValues(row, "node")[0] ?? 0));
    return Array.from(tokens(codes), (token) => replicaSetAt(ring, token));
  };
}

/** As the server counts a statement's part of a batch: native/cql/mutation_size.h has the parts. */
const STATEMENT_BYTES = 52;
const CELL_BYTES = 20;
const FIXED_VALUE_BYTES = 17;

/**
 * Cuts rows, in the order given, into batches of neighbours of one place within the limits. A row's
 * statements stay together; a row above the limits travels alone.
 *
 * @param statementsOf none: the row is left out
 */
export function* cutBatches(
  rows: readonly CellRow[],
  statementsOf: (row: CellRow) => readonly Statement[],
  placesOf: PlacesOf,
  { maxRows, maxMutationBytes }: FrameLimits,
): Generator<Statement[], void> {
  const places = placesOf(rows);
  let batch: Statement[] = [];
  let [place, count, bytes]: [string | number | undefined, number, number] = [undefined, 0, 0];
  for (const [i, row] of rows.entries()) {
    const statements = statementsOf(row);
    if (statements.length === 0) continue;
    const size = mutationBytes(row, statements.length);
    const isFull = count >= maxRows || bytes + size > maxMutationBytes || places[i] !== place;
    if (batch.length > 0 && isFull) {
      yield batch;
      [batch, count, bytes] = [[], 0, 0];
    }
    place = places[i];
    batch.push(...statements);
    count += 1;
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function mutationBytes({ values }: CellRow, statements: number): number {
  const envelope = values.find((value) => value instanceof Uint8Array)?.length ?? 0;
  return statements * STATEMENT_BYTES + values.length * CELL_BYTES + FIXED_VALUE_BYTES + envelope;
}
