// The frames that cassandra-driver itself would send: the reference, byte for byte.
import { createRequire } from "node:module";
import { types } from "cassandra-driver";
import type { FrameOptions } from "../../src/cassandra/frames.js";
import { rowTables } from "../../src/cassandra/tables.js";
import { type Row, tileOf } from "./row-batches.js";

type Encoder = object;
interface DriverRequest {
  write(encoder: Encoder, streamId: number): Buffer;
}
interface Meta {
  readonly columns: readonly { readonly type: { readonly code: number } }[];
}
interface Query {
  readonly queryId: Buffer;
  readonly params: readonly unknown[];
  readonly meta: Meta;
}

const fromDriver = createRequire(import.meta.url);
const { BatchRequest, ExecuteRequest } = fromDriver("cassandra-driver/lib/requests.js") as {
  BatchRequest: new (queries: readonly Query[], options: object) => DriverRequest;
  ExecuteRequest: new (
    query: string,
    queryId: Buffer,
    params: readonly unknown[],
    options: object,
    meta: Meta,
  ) => DriverRequest;
};
const DriverEncoder = fromDriver("cassandra-driver/lib/encoder.js") as new (
  protocolVersion: number,
  options: { readonly encoding: object },
) => Encoder;
const { ExecutionOptions } = fromDriver("cassandra-driver/lib/execution-options.js") as {
  ExecutionOptions: new () => object;
};

const encoder = new DriverEncoder(4, { encoding: {} });

class RunOptions extends ExecutionOptions {
  readonly #options: FrameOptions;

  constructor(options: FrameOptions) {
    super();
    this.#options = options;
  }
  getConsistency(): number {
    return this.#options.consistency;
  }
  getOrGenerateTimestamp(): types.Long {
    return longOf(this.#options.timestampUs);
  }
  isBatchLogged(): boolean {
    return false;
  }
}

function longOf(value: bigint): types.Long {
  return types.Long.fromString(value.toString());
}

/** A frame of these rows: EXECUTE for one, an unlogged BATCH for more. */
export function driverFrame(rows: readonly Row[], options: FrameOptions): Buffer {
  const meta = {
    columns: rowTables[options.layout].columns.map(({ type }) => ({
      type: { code: types.dataTypes[type] },
    })),
  };
  const queryId = Buffer.from(options.preparedId);
  const queries = rows.map((row) => ({ queryId, meta, params: paramsOf(row, options) }));
  const runOptions = new RunOptions(options);
  const [first] = queries;
  if (first === undefined) throw new RangeError("no rows");
  const request =
    queries.length === 1
      ? new ExecuteRequest("", queryId, first.params, runOptions, meta)
      : new BatchRequest(queries, runOptions);
  return request.write(encoder, 0);
}

function paramsOf(row: Row, { layout, nullAs }: FrameOptions): unknown[] {
  const values: Readonly<Record<string, unknown>> = {
    morton_code: longOf(row.code),
    level: row.level,
    tile: longOf(tileOf(row)),
    cell: Number(row.code & 0x7fffn),
    material_id: row.material ?? (nullAs === "unset" ? types.unset : null),
    homogeneity: row.homogeneity,
    children_mask: row.mask >= 128 ? row.mask - 256 : row.mask,
    compressed_data: Buffer.from(row.envelope),
    last_modified: longOf(row.lastModified),
  };
  return rowTables[layout].columns.map(({ name }) => values[name]);
}
