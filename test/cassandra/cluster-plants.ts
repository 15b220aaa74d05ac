import { rowTables } from "../../src/cassandra/tables.js";
import {
  keyCondition,
  keyValues,
  literals,
  type PlantedTarget,
  type StoredValues,
} from "../support/planted-faults.js";
import { keyOfRow } from "../support/prune-samples.js";
import type { LoadKeyspace } from "./load-keyspace.js";

const blob = (hex: string) => `0x${hex}`;

/** A keyspace whose rows are changed at a write time: at equal times the larger value would stay. */
export function clusterPlants(
  keyspace: LoadKeyspace,
  timeUs: bigint,
  keyOf: (index: number) => string = keyOfRow,
): PlantedTarget {
  const { layout } = keyspace;
  const { name, partitionKey, clusteringKey } = rowTables[layout];
  const using = `USING TIMESTAMP ${timeUs}`;
  const where = (index: number) => `WHERE ${keyCondition(layout, keyOf(index))}`;
  return {
    layout,
    keyOf,
    read: async (index) => {
      const [row] = await keyspace.execute(`SELECT * FROM {ks}.${name} ${where(index)}`);
      return storedValues(row ?? {});
    },
    write: async (index, values) => {
      const changes = literals(values, blob).map(([column, text]) => `${column} = ${text}`);
      await keyspace.execute(
        `UPDATE {ks}.${name} ${using} SET ${changes.join(", ")} ${where(index)}`,
      );
    },
    remove: async (index) => {
      await keyspace.execute(`DELETE FROM {ks}.${name} ${using} ${where(index)}`);
    },
    insert: async (key, values) => {
      const columns = literals(values, blob);
      const names = [...partitionKey, ...clusteringKey, ...columns.map(([column]) => column)];
      const texts = [...keyValues(layout, key), ...columns.map(([, text]) => text)];
      await keyspace.execute(
        `INSERT INTO {ks}.${name} (${names.join(", ")}) VALUES (${texts.join(", ")}) ${using}`,
      );
    },
  };
}

function storedValues(row: Readonly<Record<string, unknown>>): StoredValues {
  return {
    material_id: row.material_id as number | null,
    homogeneity: row.homogeneity as number,
    children_mask: row.children_mask as number,
    compressed_data: Buffer.from(row.compressed_data as Buffer).toString("hex"),
    last_modified: BigInt(String(row.last_modified)),
  };
}
