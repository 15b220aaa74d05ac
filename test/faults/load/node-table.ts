import { Client, types } from "cassandra-driver";
import type { CassandraServers } from "../../../scripts/cluster/cassandra.mjs";
import { type Cells, cellKey, describeCell } from "./stored-cells.js";

const RANGES = 64n;
const RANGES_AT_ONCE = 4;
const MIN_TOKEN = -(2n ** 63n);
const VALUES = ["material_id", "homogeneity", "children_mask", "compressed_data", "last_modified"];

export interface TableRead {
  readonly cells: Cells;
  /** The write time of each row's columns, by "level code"; null where they differ. */
  readonly writeTimes: ReadonlyMap<string, bigint | null>;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * A target's table of layout node, read and written by nothing of octoload: the plain driver, at
 * LOCAL_QUORUM.
 */
export class NodeTable {
  readonly keyspace: string;
  readonly #servers: CassandraServers;

  constructor(servers: CassandraServers, keyspace: string) {
    this.#servers = servers;
    this.keyspace = keyspace;
  }

  /** Runs statements; `{ks}` in them is the keyspace. The client lives as long as `use` runs. */
  async with<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({
      contactPoints: this.#servers.contactPoints,
      localDataCenter: this.#servers.dc,
      protocolOptions: { port: this.#servers.port },
      encoding: { useBigIntAsLong: true },
      queryOptions: { consistency: types.consistencies.localQuorum, prepare: true },
      socketOptions: { readTimeout: 60_000 },
    });
    try {
      await client.connect();
      return await use(client);
    } finally {
      await client.shutdown();
    }
  }

  execute(cql: string): Promise<readonly Row[]> {
    return this.with(async (client) => {
      const { rows } = await client.execute(cql.replaceAll("{ks}", this.keyspace), [], {
        prepare: false,
      });
      // undefined after a change of the schema.
      return ((rows ?? []) as readonly types.Row[]).map((row) => ({ ...row }));
    });
  }

  /** Every row, by ranges of tokens. */
  async read(): Promise<TableRead> {
    const cells = new Map<string, string>();
    const writeTimes = new Map<string, bigint | null>();
    const times = VALUES.map((name) => `WRITETIME(${name}) AS t_${name}`).join(", ");
    const columns = `morton_code, level, ${VALUES.join(", ")}, ${times}`;
    await this.#scan(columns, (row) => {
      const key = cellKey(Number(row.level), BigInt(String(row.morton_code)));
      // Two ranges that overlapped would hide that a row was there twice.
      if (cells.has(key)) throw new Error(`${key} was read twice`);
      cells.set(key, describeCell(valuesOf(row)));
      writeTimes.set(key, writeTimeOf(row));
    });
    return { cells, writeTimes };
  }

  async countRows(): Promise<number> {
    let rows = 0;
    await this.#scan("level", () => {
      rows += 1;
    });
    return rows;
  }

  /** By their names, what `octoload_state` and `octoload_meta` hold. */
  async records(): Promise<string[]> {
    const state = await this.execute("SELECT scope, key, value FROM {ks}.octoload_state");
    const meta = await this.execute("SELECT key, value FROM {ks}.octoload_meta");
    return [...state, ...meta].map((row) => Object.values(row).join(" ")).sort();
  }

  async hasKeyspace(): Promise<boolean> {
    const rows = await this.execute("SELECT keyspace_name FROM system_schema.keyspaces");
    return rows.some((row) => row.keyspace_name === this.keyspace);
  }

  async #scan(columns: string, onRow: (row: Row) => void): Promise<void> {
    await this.with(async (client) => {
      const query = `SELECT ${columns} FROM ${this.keyspace}.octree_nodes WHERE token(morton_code) > ? AND token(morton_code) <= ?`;
      const ranges = tokenRanges();
      const worker = async () => {
        for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
          const result = await client.execute(query, range, { fetchSize: 2000 });
          for await (const row of result) onRow({ ...row });
        }
      };
      await Promise.all(Array.from({ length: RANGES_AT_ONCE }, worker));
    });
  }
}

/** All tokens: (begin, end] each. No row has the smallest. */
function tokenRanges(): [bigint, bigint][] {
  const width = 2n ** 64n / RANGES;
  return Array.from({ length: Number(RANGES) }, (_, i) => {
    const begin = MIN_TOKEN + BigInt(i) * width;
    return [begin, i === Number(RANGES) - 1 ? 2n ** 63n - 1n : begin + width];
  });
}

function valuesOf(row: Row) {
  return {
    materialId: row.material_id === null ? null : Number(row.material_id),
    homogeneity: Number(row.homogeneity),
    childrenMask: Number(row.children_mask),
    lastModified: BigInt(String(row.last_modified)),
    envelope: (row.compressed_data as Uint8Array | null) ?? new Uint8Array(),
  };
}

function writeTimeOf(row: Row): bigint | null {
  const times = VALUES.map((name) => row[`t_${name}`]).filter((time) => time !== null);
  const distinct = [...new Set(times.map(String))];
  const [time] = distinct;
  return distinct.length === 1 && time !== undefined ? BigInt(time) : null;
}
