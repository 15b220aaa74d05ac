import Database from "better-sqlite3";
import type { Layout } from "../../src/encoding/layout.js";
import { keysOf, tableOf } from "../../src/sink/sqlite/schema.js";
import {
  keyCondition,
  keyValues,
  literals,
  type PlantedTarget,
  type StoredValues,
} from "./planted-faults.js";
import { keyOfRow } from "./prune-samples.js";

const blob = (hex: string) => `x'${hex}'`;

/** An embedded target whose rows are changed behind octoload's back. */
export function embeddedPlants(
  path: string,
  layout: Layout,
  keyOf: (index: number) => string = keyOfRow,
): PlantedTarget {
  const table = tableOf[layout];
  const run = (sql: string) => {
    const database = new Database(path);
    database.exec(sql);
    database.close();
  };
  const where = (index: number) => keyCondition(layout, keyOf(index));
  return {
    layout,
    keyOf,
    read: async (index) => {
      const database = new Database(path, { readonly: true });
      const row = database
        .prepare<[], Record<string, unknown>>(`SELECT * FROM ${table} WHERE ${where(index)}`)
        .get();
      database.close();
      return storedValues(row ?? {});
    },
    write: async (index, values) => {
      const changes = literals(values, blob).map(([name, text]) => `${name} = ${text}`);
      run(
        `UPDATE ${table} SET ${changes.join(", ")}, write_time = write_time + 1
         WHERE ${where(index)}`,
      );
    },
    remove: async (index) => {
      run(`UPDATE ${table} SET deleted = 1, write_time = write_time + 1 WHERE ${where(index)}`);
    },
    insert: async (key, values) => {
      const columns = literals(values, blob);
      const names = [...keysOf[layout], ...columns.map(([name]) => name), "write_time"];
      const texts = [...keyValues(layout, key), ...columns.map(([, text]) => text), "1"];
      run(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${texts.join(", ")})`);
    },
  };
}

function storedValues(row: Readonly<Record<string, unknown>>): StoredValues {
  return {
    material_id: row.material_id as number | null,
    homogeneity: row.homogeneity as number,
    children_mask: row.children_mask as number,
    compressed_data: Buffer.from(row.compressed_data as Buffer).toString("hex"),
    last_modified: BigInt(row.last_modified as number),
  };
}
