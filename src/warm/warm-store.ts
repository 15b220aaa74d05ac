import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database, { SqliteError } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { runDiskFailure } from "../load/run-disk.js";
import type { Band, BandPlan } from "./bands.js";
import { noWarmCounts, type WarmCounts } from "./warm-options.js";
import type { Stretch, WarmTile } from "./warm-source.js";

export const WARM_FILE = "warm.sqlite";
/** Of the tables below; a position of another one is not resumed. */
const VERSION = 1;
const PRIORITIES = 256;
const PAGE = 256;

const schema = `
  CREATE TABLE IF NOT EXISTS facts(key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS stretches(
    id INTEGER PRIMARY KEY, after INTEGER NOT NULL, last INTEGER NOT NULL,
    is_surveyed INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS histogram(priority INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS units(
    id INTEGER PRIMARY KEY, rank INTEGER NOT NULL, one INTEGER NOT NULL, two INTEGER NOT NULL,
    low INTEGER NOT NULL, high INTEGER NOT NULL, done_at INTEGER);
  CREATE INDEX IF NOT EXISTS units_to_do ON units(rank, id) WHERE done_at IS NULL;`;

/** A part of the target that is read at a time; it is done when its rows are settled. */
export type WarmUnit = {
  readonly id: number;
  /** Rows of these priorities are cached. */
  readonly band: Band;
} & (
  | { readonly kind: "stretch"; readonly stretch: Stretch }
  | { readonly kind: "tile"; readonly tile: WarmTile }
);

/** What a position belongs to; of another one it is not resumed. */
export type WarmFacts = Readonly<Record<string, string | number | null>>;

/** Of tiles, which are planned already, there are neither bands nor a lowest priority. */
export type StoredPlan = Pick<BandPlan, "bands" | "quota"> & {
  readonly lowestPriority: number | null;
};

/** A stretch that is to be surveyed. */
export interface StoredStretch extends Stretch {
  readonly id: number;
}

type UnitRow = readonly [
  id: bigint,
  rank: bigint,
  one: bigint,
  two: bigint,
  low: bigint,
  high: bigint,
];

/** How far a warming is, in its run directory. Holding its lock is holding the directory. */
export class WarmStore {
  readonly #database: Database.Database;
  readonly #kind: WarmUnit["kind"];

  private constructor(database: Database.Database, kind: WarmUnit["kind"]) {
    this.#database = database;
    this.#kind = kind;
  }

  /** @throws OctoloadError RUN_IN_USE, RUN_OTHER, RUN_DISK_FULL, RUN_DISK_FAILED */
  static open(runDir: string, kind: WarmUnit["kind"], facts: WarmFacts): WarmStore {
    let database: Database.Database | undefined;
    try {
      mkdirSync(runDir, { recursive: true, mode: 0o700 });
      database = new Database(join(runDir, WARM_FILE), { timeout: 500 });
      database.defaultSafeIntegers();
      // Exclusive before WAL: no shared-memory file, and nobody else may even read.
      database.pragma("locking_mode = EXCLUSIVE");
      database.pragma("journal_mode = WAL");
      // A power cut may take the last seconds back: they are read, and put, again.
      database.pragma("synchronous = NORMAL");
      database.exec(schema);
      const store = new WarmStore(database, kind);
      store.#settle(runDir, { version: VERSION, kind, ...facts });
      return store;
    } catch (error) {
      database?.close();
      throw storeFailure(runDir, error);
    }
  }

  get isPlanned(): boolean {
    return this.fact("isPlanned") === true;
  }

  /** Forgets the position: a pass begins. */
  begin(stretches: readonly Stretch[]): void {
    this.#transaction(() => {
      this.#database.exec("DELETE FROM stretches; DELETE FROM histogram; DELETE FROM units");
      const insert = this.#database.prepare("INSERT INTO stretches(after, last) VALUES (?, ?)");
      for (const { after, last } of stretches) insert.run(after, last);
      this.setFact("state", "unfinished");
      this.setFact("isPlanned", false);
      this.setFact("counts", noWarmCounts);
      this.setFact("takenOfLowest", 0);
    });
  }

  /** Whether a pass has begun and not ended. */
  get isUnfinished(): boolean {
    return this.fact("state") === "unfinished";
  }

  end(): void {
    this.setFact("state", "done");
  }

  stretches(isSurveyed: boolean | "all" = "all"): StoredStretch[] {
    const where = isSurveyed === "all" ? "" : `WHERE is_surveyed = ${isSurveyed ? 1 : 0}`;
    const rows = this.#database
      .prepare<[], [bigint, bigint, bigint]>(
        `SELECT id, after, last FROM stretches ${where} ORDER BY id`,
      )
      .raw()
      .all();
    return rows.map(([id, after, last]) => ({ id: Number(id), after, last }));
  }

  /** A stretch was surveyed: rows of each priority, or the tiles that may hold hot rows. */
  endSurvey(
    { id }: StoredStretch,
    found: {
      readonly histogram?: ArrayLike<number>;
      readonly tiles?: readonly (WarmTile & { readonly most: number })[];
    },
  ): void {
    const { histogram, tiles = [] } = found;
    this.#transaction(() => {
      const add = this.#database.prepare(
        `INSERT INTO histogram VALUES (?, ?)
         ON CONFLICT (priority) DO UPDATE SET rows = rows + excluded.rows`,
      );
      for (let priority = 0; histogram !== undefined && priority < PRIORITIES; priority += 1) {
        const rows = histogram[priority] ?? 0;
        if (rows > 0) add.run(priority, rows);
      }
      const insert = this.#insertUnit();
      for (const { level, tile, most } of tiles) {
        insert.run(PRIORITIES - most, level, tile, 1, PRIORITIES - 1);
      }
      this.#database.prepare("UPDATE stretches SET is_surveyed = 1 WHERE id = ?").run(id);
    });
  }

  histogram(): Float64Array {
    const histogram = new Float64Array(PRIORITIES);
    const rows = this.#database
      .prepare<[], [bigint, bigint]>("SELECT priority, rows FROM histogram")
      .raw()
      .all();
    for (const [priority, count] of rows) histogram[Number(priority)] = Number(count);
    return histogram;
  }

  /** The survey is complete: each band is a scan of all stretches. Tiles are there already. */
  plan({ bands, lowestPriority, quota }: StoredPlan): void {
    this.#transaction(() => {
      this.setFact("plan", { lowestPriority, quota });
      const insert = this.#insertUnit();
      for (const [rank, { low, high }] of bands.entries()) {
        for (const { after, last } of this.stretches()) insert.run(rank, after, last, low, high);
      }
      this.setFact("isPlanned", true);
    });
  }

  /** undefined: there is none yet. */
  get limits(): Omit<StoredPlan, "bands"> | undefined {
    return this.isPlanned ? (this.fact("plan") as StoredPlan) : undefined;
  }

  /** Units that are not done, the hottest first; looked up as they are taken. */
  *unitsToDo(): Generator<WarmUnit, void> {
    const next = this.#database
      .prepare<[number, number, number], UnitRow>(
        `SELECT id, rank, one, two, low, high FROM units
         WHERE done_at IS NULL AND (rank, id) > (?, ?) ORDER BY rank, id LIMIT ?`,
      )
      .raw();
    let [rank, id] = [-1, -1];
    for (;;) {
      const rows = next.all(rank, id, PAGE);
      for (const row of rows) {
        rank = Number(row[1]);
        id = Number(row[0]);
        yield this.#unitOf(row);
      }
      if (rows.length < PAGE) return;
    }
  }

  /** @returns units in all, and how many of them are done */
  countUnits(): { readonly units: number; readonly done: number } {
    const [units = 0n, done = 0n] =
      this.#database
        .prepare<[], [bigint, bigint]>("SELECT count(*), count(done_at) FROM units")
        .raw()
        .get() ?? [];
    return { units: Number(units), done: Number(done) };
  }

  /** Rows were settled, and with them these units. */
  settle(
    done: readonly WarmUnit[],
    { counts, takenOfLowest }: { readonly counts: WarmCounts; readonly takenOfLowest: number },
    nowMs: number,
  ): void {
    this.#transaction(() => {
      const update = this.#database.prepare("UPDATE units SET done_at = ? WHERE id = ?");
      for (const { id } of done) update.run(Math.floor(nowMs), id);
      this.setFact("counts", counts);
      this.setFact("takenOfLowest", takenOfLowest);
    });
  }

  /** Units whose entries may be gone by now are to be done again. */
  forgetBefore(timeMs: number): number {
    const { changes } = this.#database
      .prepare("UPDATE units SET done_at = NULL WHERE done_at < ?")
      .run(Math.floor(timeMs));
    return changes;
  }

  get counts(): WarmCounts {
    return (this.fact("counts") as WarmCounts | undefined) ?? noWarmCounts;
  }

  /** Rows of the plan's lowest priority that were taken. */
  get takenOfLowest(): number {
    return Number(this.fact("takenOfLowest") ?? 0);
  }

  fact(key: string): unknown {
    const text = this.#database
      .prepare<[string], string>("SELECT value FROM facts WHERE key = ?")
      .pluck()
      .get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  setFact(key: string, value: unknown): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)")
      .run(key, JSON.stringify(value));
  }

  close(): void {
    this.#database.close();
  }

  /** What is kept is this warming's, or nothing is. */
  #settle(runDir: string, facts: WarmFacts): void {
    const known = this.fact("of") as WarmFacts | undefined;
    if (known === undefined || this.fact("state") === "done") {
      this.setFact("of", facts);
      return;
    }
    const other = Object.keys(facts).find((name) => facts[name] !== known[name]);
    if (other === undefined) return;
    throw new OctoloadError(
      "RUN_OTHER",
      `${runDir} holds an unfinished warming with another ${other}: ${known[other]}, not ${facts[other]}`,
    );
  }

  #insertUnit(): Database.Statement {
    return this.#database.prepare(
      "INSERT INTO units(rank, one, two, low, high) VALUES (?, ?, ?, ?, ?)",
    );
  }

  #unitOf([id, , one, two, low, high]: UnitRow): WarmUnit {
    const unit = { id: Number(id), band: { low: Number(low), high: Number(high) } };
    if (this.#kind === "tile") {
      return { ...unit, kind: "tile", tile: { level: Number(one), tile: two } };
    }
    return { ...unit, kind: "stretch", stretch: { after: one, last: two } };
  }

  #transaction(action: () => void): void {
    try {
      this.#database.transaction(action).immediate();
    } catch (error) {
      throw storeFailure(WARM_FILE, error);
    }
  }
}

function storeFailure(place: string, error: unknown): unknown {
  if (!(error instanceof SqliteError)) return runDiskFailure(place, error);
  if (error.code.startsWith("SQLITE_BUSY")) {
    const fault = "another process is at work on this run directory";
    return new OctoloadError("RUN_IN_USE", `${place}: ${fault}`, { cause: error });
  }
  const code = error.code === "SQLITE_FULL" ? "RUN_DISK_FULL" : "RUN_DISK_FAILED";
  const fault = `${place}: ${error.message} (${error.code})`;
  return new OctoloadError(code, fault, { cause: error });
}
