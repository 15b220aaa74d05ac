import type { Client } from "cassandra-driver";
import { columns, type Mutation, type VisibleRow } from "./merge-rule.js";

/** A write or delete of a row, to be made on a real server. */
export interface Replayed {
  readonly key: number;
  readonly mutation: Mutation;
}

/** Makes a mutation as octoload does: the timestamp goes with the request, unset is no bind value. */
export async function replay(
  client: Client,
  table: string,
  { key, mutation }: Replayed,
): Promise<void> {
  const { query, params } = statementOf(table, BigInt(key), mutation);
  await client.execute(query, params, { prepare: true });
}

function statementOf(table: string, key: bigint, mutation: Mutation) {
  const time = mutation.timeUs;
  const where = "WHERE morton_code = ? AND level = 0";
  if (mutation.kind === "delete") {
    return { query: `DELETE FROM ${table} USING TIMESTAMP ? ${where}`, params: [time, key] };
  }
  // undefined goes as unset.
  const values = columns.map((name) => mutation.values[name]);
  if (mutation.kind === "update") {
    const set = columns.map((name) => `${name} = ?`).join(", ");
    return {
      query: `UPDATE ${table} USING TIMESTAMP ? SET ${set} ${where}`,
      params: [time, ...values, key],
    };
  }
  const names = columns.join(", ");
  return {
    query: `INSERT INTO ${table} (morton_code, level, ${names}) VALUES (?, 0, ?, ?) USING TIMESTAMP ?`,
    params: [key, ...values, time],
  };
}

export async function readRow(client: Client, table: string, key: number): Promise<VisibleRow> {
  const query = `SELECT ${columns.join(", ")} FROM ${table} WHERE morton_code = ? AND level = 0`;
  const row = (await client.execute(query, [BigInt(key)], { prepare: true })).first();
  if (row === null) return null;
  return { material_id: row.get("material_id"), children_mask: row.get("children_mask") };
}
