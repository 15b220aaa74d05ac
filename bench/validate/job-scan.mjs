// A whole target read and thrown away: of Cassandra token ranges, their answers left as they came; of
// an embedded one a bare SELECT by better-sqlite3.  node job-scan.mjs URL
import Database from "better-sqlite3";
import { PageReader } from "../../dist/cassandra/page-reader.js";
import { RingView } from "../../dist/cassandra/ring.js";
import { splitRing } from "../../dist/cassandra/ring-ranges.js";
import { RowPages } from "../../dist/cassandra/row-pages.js";
import { connectCassandra } from "../../dist/cassandra/session.js";
import { parseTargetUrl } from "../../dist/sink/target-url.js";
import { RowQueries } from "../../dist/target/cassandra/row-queries.js";
import { printCost } from "../load/process-cost.mjs";

const RANGES = 64;
const READERS = 8;
const PAGE_ROWS = 4000;
const HAS_MORE_PAGES = 2;

const target = parseTargetUrl(process.argv[2] ?? "");

/** @param {Extract<typeof target, {kind: "cassandra"}>} cluster */
async function scanCluster(cluster) {
  const session = await connectCassandra(cluster);
  const ring = new RingView(session.client, cluster.keyspace, session.datacenter);
  const queries = new RowQueries(cluster.keyspace, cluster.layout ?? "node");
  const pages = await RowPages.prepare(session, ring, queries.rawRange);
  let rows = 0;
  // Of a page nothing is looked at but how many rows it has and where the next one begins.
  const fetch = pages.fetcher(async ({ body }) => {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const hasMore = (bytes.readInt32BE(4) & HAS_MORE_PAGES) !== 0;
    const stateBytes = hasMore ? bytes.readInt32BE(12) : 0;
    rows += bytes.readInt32BE(hasMore ? 16 + stateBytes : 12);
    return { content: undefined, pagingState: bytes.subarray(16, 16 + stateBytes) };
  });
  const ranges = [...splitRing(ring.current, RANGES)];
  const size = { rows: PAGE_ROWS, shrink: () => undefined };
  const lane = async () => {
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const reader = new PageReader(fetch);
      // @ts-expect-error a page size that stays as it is
      for await (const _ of reader.pages(queries.rawRangeOf(range), size));
    }
  };
  await Promise.all(Array.from({ length: READERS }, lane));
  await session.close();
  return { rows };
}

/** @param {string} path */
function scanFile(path) {
  const database = new Database(path, { readonly: true });
  let rows = 0;
  for (const _ of database.prepare("SELECT * FROM octree_nodes").iterate()) rows += 1;
  database.close();
  return { rows };
}

await printCost(() => {
  if (target.kind === "cassandra") return scanCluster(target);
  if (target.kind === "sqlite") return scanFile(target.path);
  throw new Error("null: holds nothing to scan");
});
