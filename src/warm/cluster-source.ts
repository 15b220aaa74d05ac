import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { quoteName } from "../cassandra/cql-text.js";
import { type CqlRow, PageReader, pageFetcher } from "../cassandra/page-reader.js";
import { PageSize } from "../cassandra/page-size.js";
import { RingView } from "../cassandra/ring.js";
import { splitRange, splitRing, spread } from "../cassandra/ring-ranges.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import { rowTables } from "../cassandra/tables.js";
import type { Layout } from "../encoding/layout.js";
import type { Environment } from "../endpoint/password.js";
import { requireTargetRecord } from "../sink/cassandra/target-record.js";
import type { Stretch, WarmKey, WarmRow, WarmSource, WarmTile } from "./warm-source.js";

export interface ClusterSourceOptions {
  readonly env?: Environment;
  readonly onNote?: (text: string) => void;
}

/** Parts that the ring is read in: each ends soon, and is what a resume reads again. */
const PARTS = 256;
/** Readers that the parts are put in an order for: src/warm/warm-run.ts. */
const READERS = 4;
/** What is read ahead grows old while it waits for its turn. */
const PAGE_BYTES = 1 << 18;
/** Whichever a live writer may have written alone. */
const columns = ["material_id", "homogeneity", "children_mask", "last_modified"] as const;

type StatementName = "keys" | "rows" | "tiles" | "rowsOfTile";

/** `cassandra://…`, read at the consistency that its URL names. */
export class ClusterSource implements WarmSource {
  readonly place: string;
  readonly layout: Layout;
  readonly #session: CassandraSession;
  readonly #reader: PageReader;
  readonly #size = new PageSize(PAGE_BYTES);
  readonly #statements: Readonly<Record<StatementName, string>>;

  private constructor(session: CassandraSession, layout: Layout) {
    const { keyspace } = session.target;
    this.#session = session;
    this.place = `${keyspace} on ${session.place}`;
    this.layout = layout;
    this.#reader = new PageReader(pageFetcher(session.client));
    this.#statements = statements(keyspace, layout);
  }

  /** @throws OctoloadError CASSANDRA_*, TARGET_* */
  static async open(
    target: CassandraTarget,
    { env, onNote }: ClusterSourceOptions = {},
  ): Promise<ClusterSource> {
    const session = await connectCassandra(target, {
      ...(env === undefined ? {} : { env }),
      ...(onNote === undefined ? {} : { onNote }),
    });
    try {
      const wanted = { layout: target.layout, frame: null };
      return new ClusterSource(session, (await requireTargetRecord(session, wanted)).layout);
    } catch (error) {
      await session.close().catch(() => undefined);
      throw error;
    }
  }

  stretches(): readonly Stretch[] {
    const { client, target, datacenter } = this.#session;
    const { current } = new RingView(client, target.keyspace, datacenter);
    return spread(splitRing(current, PARTS), READERS);
  }

  async *keys(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<WarmKey[], void> {
    for await (const rows of this.#pages("keys", stretch, signal)) yield rows.map(nodeKeyOf);
  }

  async *rows(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<WarmRow[], void> {
    for await (const rows of this.#pages("rows", stretch, signal)) {
      yield rows.filter(isWhole).map((row) => rowOf(nodeKeyOf(row), row));
    }
  }

  async *tiles(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<WarmTile[], void> {
    for await (const rows of this.#pages("tiles", stretch, signal)) {
      yield rows.map(({ level, tile }) => ({ level: level as number, tile: tile as bigint }));
    }
  }

  async *rowsOfTile(of: WarmTile, signal?: AbortSignal): AsyncGenerator<WarmRow[], void> {
    const params = [of.level, of.tile];
    for await (const rows of this.#read("rowsOfTile", params, signal)) {
      yield rows.filter(isWhole).map((row) => rowOf({ ...of, cell: row.cell as number }, row));
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  #pages(
    statement: "keys" | "rows" | "tiles",
    stretch: Stretch,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly CqlRow[], void> {
    return this.#read(statement, [stretch.after, stretch.last], signal, stretch);
  }

  async *#read(
    statement: StatementName,
    params: readonly (bigint | number)[],
    signal: AbortSignal | undefined,
    stretch?: Stretch,
  ): AsyncGenerator<readonly CqlRow[], void> {
    const query = this.#query(statement, params, stretch);
    for await (const rows of this.#reader.pages(query, this.#size, signal)) {
      this.#size.saw(rows.length, 0);
      yield rows;
    }
  }

  #query(
    statement: StatementName,
    params: readonly (bigint | number)[],
    stretch?: Stretch,
  ): Parameters<PageReader["pages"]>[0] {
    const cql = this.#statements[statement];
    const what = `reading ${this.#session.target.keyspace}.${rowTables[this.layout].name}`;
    if (stretch === undefined) return { cql, params, what };
    const halves = () =>
      splitRange(stretch, 2).map((half) => this.#query(statement, [half.after, half.last], half));
    return { cql, params, what, halves };
  }
}

function statements(keyspace: string, layout: Layout) {
  const { name, partitionKey, clusteringKey } = rowTables[layout];
  const keys = [...partitionKey, ...clusteringKey];
  const token = `token(${partitionKey.join(", ")})`;
  const inStretch = `${token} > ? AND ${token} <= ?`;
  const times = columns.map((column) => `WRITETIME(${column}) AS wt_${column}`);
  const select = (what: readonly string[], where: string) =>
    `SELECT ${what.join(", ")} FROM ${quoteName(keyspace)}.${name} WHERE ${where}`;
  const values = [...keys, ...columns, ...times];
  return {
    keys: select(keys, inStretch),
    rows: select(values, inStretch),
    tiles: select([`DISTINCT ${partitionKey.join(", ")}`], inStretch),
    rowsOfTile: select(values, "level = ? AND tile = ?"),
  };
}

function nodeKeyOf(row: CqlRow): WarmKey {
  const code = row.morton_code as bigint;
  return { level: row.level as number, tile: code >> 15n, cell: Number(code & 0x7fffn) };
}

/** A row without them is no row of a load; an entry cannot say so, reads of the target do. */
function isWhole({ homogeneity, children_mask, last_modified }: CqlRow): boolean {
  return homogeneity !== null && children_mask !== null && last_modified !== null;
}

function rowOf(key: WarmKey, row: CqlRow): WarmRow {
  let writeTimeUs = 0n;
  for (const column of columns) {
    const time = row[`wt_${column}`] as bigint | null;
    if (time !== null && time > writeTimeUs) writeTimeUs = time;
  }
  return {
    ...key,
    materialId: row.material_id as number | null,
    homogeneity: row.homogeneity as number,
    childrenMask: (row.children_mask as number) & 0xff,
    lastModified: row.last_modified as bigint,
    writeTimeUs,
  };
}
