// Loads 500 rows into the target of its argument, acknowledged, then is killed in the midst of a
// commit: pages are in the target already and the journal is not done with.
import Database from "better-sqlite3";
import { SqliteWriter } from "../../../src/sink/sqlite/sqlite-writer.js";
import { sinkBatch, targetFacts } from "../sink-blocks.js";

const path = process.argv[2] ?? "";
const writer = SqliteWriter.open(path, "node", targetFacts());
writer.write(
  sinkBatch(Array.from({ length: 500 }, (_, i) => ({ level: 9, code: BigInt(i) }))).block,
);
process.stdout.write("acknowledged\n");

const database = new Database(path);
// A cache of one page spills the others into the file before the commit.
database.exec("PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN");
database.exec("UPDATE octree_nodes SET level = 8, write_time = 1");
database.exec("UPDATE octree_nodes SET compressed_data = zeroblob(5000)");
process.kill(process.pid, "SIGKILL");
