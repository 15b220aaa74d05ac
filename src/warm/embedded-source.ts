import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type Database from "better-sqlite3";
import { requireLayout } from "../sink/agreement.js";
import type { Layout } from "../sink/sink.js";
import { targetFailure } from "../sink/sqlite/failure.js";
import { openTargetFile } from "../sink/sqlite/open-target-file.js";
import { tableOf } from "../sink/sqlite/schema.js";
import type { Stretch, WarmKey, WarmRow, WarmSource, WarmTile } from "./warm-source.js";

type RawValues = [bigint | null, number, bigint, bigint, bigint];
type RawNode = [bigint, bigint, ...RawValues];
type RawTileRow = [bigint, ...RawValues];

/** A read ends with it, so that a writer can go on. */
const PAGE_ROWS = 1024;
const TILES_AT_ONCE = 512;
const PARTS = 64;
const MAX_CODE = 2n ** 63n - 1n;
const VALUES = "material_id, homogeneity, children_mask, last_modified, write_time";

/** `sqlite:path`. Stretches are of codes (layout node), or of levels (layout tile). */
export class EmbeddedSource implements WarmSource {
  readonly place: string;
  readonly layout: Layout;
  readonly #database: Database.Database;
  readonly #table: string;

  private constructor(path: string, database: Database.Database, layout: Layout) {
    this.place = path;
    this.layout = layout;
    this.#database = database;
    this.#table = tableOf[layout];
  }

  /**
   * @param layout the target must have; null: whichever it has
   * @throws OctoloadError TARGET_*
   */
  static open(path: string, layout: Layout | null): EmbeddedSource {
    const { database, meta } = openTargetFile(path, (found) => {
      if (layout !== null) requireLayout(path, found.layout, layout);
    });
    database.defaultSafeIntegers();
    return new EmbeddedSource(resolve(path), database, meta.layout);
  }

  /** Of codes as many as there are rows between the smallest and the largest, more or less. */
  stretches(): readonly Stretch[] {
    if (this.layout === "tile") {
      return Array.from({ length: 27 }, (_, level) => {
        return { after: BigInt(level) - 1n, last: BigInt(level) };
      });
    }
    const sql = `SELECT max(morton_code) FROM ${this.#table}`;
    const largest = this.#reading(() =>
      this.#database.prepare<[], bigint | null>(sql).pluck().get(),
    );
    const end = largest ?? 0n;
    const cuts = Array.from({ length: PARTS }, (_, i) => (end * BigInt(i + 1)) / BigInt(PARTS));
    // What is loaded meanwhile may lie behind.
    const ends = [...new Set([...cuts, MAX_CODE])];
    return ends.map((last, i) => ({ after: ends[i - 1] ?? -1n, last }));
  }

  async *keys(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<WarmKey[], void> {
    for await (const rows of this.#nodePages<[bigint, bigint]>(
      "morton_code, level",
      stretch,
      signal,
    )) {
      yield rows.map(([code, level]) => keyOf(code, level));
    }
  }

  async *rows(stretch: Stretch, signal?: AbortSignal): AsyncGenerator<WarmRow[], void> {
    const columns = `morton_code, level, ${VALUES}`;
    for await (const rows of this.#nodePages<RawNode>(columns, stretch, signal)) {
      yield rows.map(([code, level, ...values]) => rowOf(keyOf(code, level), values));
    }
  }

  /** Each by a search for the next one: a tile's rows are not read. */
  async *tiles({ last }: Stretch, signal?: AbortSignal): AsyncGenerator<WarmTile[], void> {
    const next = this.#reading(() =>
      this.#database
        .prepare<[bigint, bigint], bigint>(
          `SELECT tile FROM ${this.#table} WHERE level = ? AND tile > ? ORDER BY tile LIMIT 1`,
        )
        .pluck(),
    );
    let tile: bigint | undefined = -1n;
    while (tile !== undefined) {
      signal?.throwIfAborted();
      const found: WarmTile[] = [];
      while (tile !== undefined && found.length < TILES_AT_ONCE) {
        const before: bigint = tile;
        tile = this.#reading(() => next.get(last, before));
        if (tile !== undefined) found.push({ level: Number(last), tile });
      }
      if (found.length > 0) yield found;
      await setImmediate();
    }
  }

  async *rowsOfTile(of: WarmTile, signal?: AbortSignal): AsyncGenerator<WarmRow[], void> {
    const statement = this.#reading(() =>
      this.#database
        .prepare<[bigint, bigint, bigint, number], RawTileRow>(
          `SELECT cell, ${VALUES} FROM ${this.#table}
           WHERE level = ? AND tile = ? AND cell > ? AND deleted = 0 ORDER BY cell LIMIT ?`,
        )
        .raw(),
    );
    let cell = -1n;
    for (;;) {
      signal?.throwIfAborted();
      const rows = this.#reading(() => statement.all(BigInt(of.level), of.tile, cell, PAGE_ROWS));
      const end = rows.at(-1);
      if (end === undefined) return;
      cell = end[0];
      yield rows.map(([at, ...values]) => rowOf({ ...of, cell: Number(at) }, values));
      await setImmediate();
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  async *#nodePages<Raw extends [bigint, bigint, ...unknown[]]>(
    columns: string,
    { after, last }: Stretch,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Raw[], void> {
    const sql = `SELECT ${columns} FROM ${this.#table}
      WHERE (morton_code, level) > (?, ?) AND morton_code <= ? AND deleted = 0
      ORDER BY morton_code, level LIMIT ?`;
    const statement = this.#reading(() =>
      this.#database.prepare<[bigint, bigint, bigint, number], Raw>(sql).raw(),
    );
    let from: readonly [bigint, bigint] = [after, 255n];
    for (;;) {
      signal?.throwIfAborted();
      const rows = this.#reading(() => statement.all(...from, last, PAGE_ROWS));
      const end = rows.at(-1);
      if (end === undefined) return;
      from = [end[0], end[1]];
      yield rows;
      await setImmediate();
    }
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw targetFailure(this.place, error);
    }
  }
}

function keyOf(code: bigint, level: bigint): WarmKey {
  return { level: Number(level), tile: code >> 15n, cell: Number(code & 0x7fffn) };
}

function rowOf(
  key: WarmKey,
  [material, homogeneity, mask, lastModified, writeTimeUs]: RawValues,
): WarmRow {
  return {
    ...key,
    materialId: material === null ? null : Number(material),
    homogeneity: Number(homogeneity),
    childrenMask: Number(mask) & 0xff,
    lastModified,
    writeTimeUs,
  };
}
