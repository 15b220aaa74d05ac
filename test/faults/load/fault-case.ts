import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { CassandraServers } from "../../../scripts/cluster/cassandra.mjs";
import { type LoadCommand, type LoadEnd, LoadProcess, load } from "./load-process.js";
import { NodeTable } from "./node-table.js";
import type { ScenarioLog } from "./scenario-log.js";
import { type Cells, compareCells, embeddedCells, noDifferences } from "./stored-cells.js";

/** How much of each fault there is. */
export interface FaultSizes {
  /** Rows a second while a fault lasts, so that the load lasts longer. */
  readonly slowRate: number;
  /** How long a node is stopped. */
  readonly freezeSeconds: number;
  /** --outage-timeout of the load whose nodes are all gone. */
  readonly outageSeconds: number;
  /** How often a loader is killed while it sets up, and while it loads. */
  readonly setUpKills: number;
  readonly loadKills: number;
  /** Rows a second when it is killed; null: as many as there can be. */
  readonly killRate: number | null;
}

export const shortSizes: FaultSizes = {
  slowRate: 1_000,
  freezeSeconds: 6,
  outageSeconds: 4,
  setUpKills: 0,
  loadKills: 2,
  killRate: 6_000,
};

export const fullSizes: FaultSizes = {
  slowRate: 3_000,
  freezeSeconds: 20,
  outageSeconds: 20,
  setUpKills: 4,
  loadKills: 8,
  killRate: null,
};

/** What all scenarios on one cluster share. */
export interface FaultWorld {
  readonly servers: CassandraServers;
  readonly folder: string;
  /** A GeoPackage, its rows shuffled. */
  readonly source: string;
  readonly rows: number;
  /** What a target of the source has to hold. */
  readonly cells: Cells;
  readonly sizes: FaultSizes;
}

/** Loads the source into an embedded target, which the others are compared with. */
export async function makeWorld(
  servers: CassandraServers,
  folder: string,
  source: string,
  sizes: FaultSizes,
): Promise<FaultWorld> {
  const target = join(folder, "reference.octree");
  const end = await load({ source, to: `sqlite:${target}`, runDir: join(folder, "reference") });
  if (end.exitCode !== 0) throw new Error(`the embedded target was not loaded:\n${end.stderr}`);
  const rows = countRows(source);
  const cells = embeddedCells(target);
  if (cells.size !== rows) throw new Error(`${cells.size} cells of ${rows} rows`);
  return { servers, folder, source, rows, cells, sizes };
}

function countRows(source: string): number {
  const database = new Database(source, { readonly: true });
  const rows = database.prepare<[], number>("SELECT count(*) FROM octree_nodes").pluck().get();
  database.close();
  return rows ?? 0;
}

/** A keyspace that is not there yet, and a run that has not begun. */
export class FaultCase {
  readonly table: NodeTable;
  readonly url: string;
  readonly runDir: string;
  readonly #world: FaultWorld;
  readonly #log: ScenarioLog;

  constructor(world: FaultWorld, log: ScenarioLog) {
    const { servers } = world;
    const keyspace = `octoload_test_${randomBytes(6).toString("hex")}`;
    const points = servers.contactPoints.map((address) => `${address}:${servers.port}`).join(",");
    this.#world = world;
    this.#log = log;
    this.table = new NodeTable(servers, keyspace);
    this.url = `cassandra://${points}/${keyspace}?dc=${servers.dc}`;
    this.runDir = this.newRunDir();
  }

  newRunDir(): string {
    return join(mkdtempSync(join(this.#world.folder, "run-")), "run");
  }

  command(...args: string[]): LoadCommand {
    return { source: this.#world.source, to: this.url, runDir: this.runDir, args };
  }

  /** Begins the run, or goes on with it. */
  start(...args: string[]): LoadProcess {
    return new LoadProcess(this.command(...args));
  }

  /** A load that is slow, and has loaded a first part. */
  async startSlowly(...args: string[]): Promise<LoadProcess> {
    const { sizes, rows } = this.#world;
    const process = this.start("--rate", String(sizes.slowRate), ...args);
    await process.untilLoaded(Math.ceil(rows / 20));
    this.#log.did(`a load has begun, and has loaded ${process.loadedRows} rows`);
    return process;
  }

  /** What the run knows to be loaded; only while no process of it runs. */
  checkpointRows(): number {
    const path = join(this.runDir, "checkpoint.sqlite");
    if (!existsSync(path)) return 0;
    const database = new Database(path);
    try {
      const sql = "SELECT coalesce(sum(loaded), 0) FROM cursors";
      return database.prepare<[], number>(sql).pluck().get() ?? 0;
    } catch (error) {
      // A kill came before the table was made.
      if (String(error).includes("no such table")) return 0;
      throw error;
    } finally {
      database.close();
    }
  }

  writeTimeUs(runDir = this.runDir): bigint {
    const run = JSON.parse(readFileSync(join(runDir, "run.json"), "utf8")) as {
      readonly writeTimeUs: string;
    };
    return BigInt(run.writeTimeUs);
  }

  /** The run ended well: its exit code, its accounts, and each row of the table. */
  async checkDone(end: LoadEnd): Promise<void> {
    this.checkEnd(end, 0);
    this.checkAccounts(end, { loaded: this.#world.rows, rejected: 0 });
    await this.checkRows();
  }

  checkEnd({ exitCode, error, stderr }: LoadEnd, expected: number, code?: string): void {
    if (exitCode !== expected) this.#log.did(`what the load said last:\n${stderr.slice(-3000)}`);
    this.#log.equal("exit code", exitCode, expected);
    this.#log.equal("error", error?.code, code);
  }

  checkAccounts({ report }: LoadEnd, expected: { loaded: number; rejected: number }): void {
    const [sink] = report?.sinks ?? [];
    const { loaded = 0, rejected = 0, skipped = 0 } = sink ?? {};
    this.#log.equal(
      "loaded, rejected, skipped",
      { loaded, rejected, skipped },
      {
        ...expected,
        skipped: 0,
      },
    );
    this.#log.equal("total", report?.total, loaded + rejected + skipped);
  }

  /** Every row there as it should be, at the run's write time, and none more. */
  async checkRows(): Promise<void> {
    const read = await this.table.read();
    this.#log.equal(
      `rows that differ of ${this.#world.rows}, read by ranges of tokens`,
      compareCells(this.#world.cells, read.cells),
      noDifferences,
    );
    const times = [...new Set(read.writeTimes.values())];
    this.#log.equal("write times", times, [this.writeTimeUs()]);
  }
}
