import type Database from "better-sqlite3";
import { ancestorAt, codeOf, indicesOf, requireCode, tileCellOf } from "../encoding/cell.js";
import { type Box, coverBox } from "../encoding/cover.js";
import { Frame, type FrameSpec } from "../encoding/frame.js";
import { MAX_CODE_LEVEL, MAX_LEVEL, requireLevel } from "../encoding/level.js";
import { encodePoint } from "../encoding/point.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireFrame, requireLayout } from "../sink/agreement.js";
import type { Layout } from "../sink/sink.js";
import { targetFailure } from "../sink/sqlite/failure.js";
import { openTargetFile } from "../sink/sqlite/open-target-file.js";
import type { TargetMeta } from "../sink/target-meta.js";
import { EmbeddedRows } from "./embedded-rows.js";
import { decodeRows, type StoredRow } from "./row-decoder.js";
import type { RowReader } from "./row-reader.js";
import { storedDigest } from "./stored-digest.js";
import { type CellKey, StoredRows } from "./stored-rows.js";
import type { BoxOptions, CellCopies, CopyAnswer, ScanOptions, Target } from "./target.js";
import type { TargetRow } from "./target-row.js";

/** A range read costs little; extra cells are sorted out afterwards. */
const MAX_RANGES_A_LEVEL = 256;

/** `sqlite:path`, read. */
export class EmbeddedTarget implements Target {
  readonly path: string;
  readonly meta: TargetMeta;
  readonly rows: StoredRows;
  readonly #database: Database.Database;

  private constructor(path: string, database: Database.Database, meta: TargetMeta) {
    this.path = path;
    this.meta = meta;
    this.rows = new StoredRows(database, meta.layout);
    this.#database = database;
  }

  /**
   * @param layout the target must have; null: whichever it has
   * @throws OctoloadError TARGET_*
   */
  static open(path: string, layout: Layout | null, frame?: FrameSpec): EmbeddedTarget {
    const { database, meta } = openTargetFile(path, (found) => {
      if (layout !== null) requireLayout(path, found.layout, layout);
      if (frame !== undefined) requireFrame(path, found, { frame: Frame.from(frame) });
    });
    return new EmbeddedTarget(path, database, meta);
  }

  get place(): string {
    return this.path;
  }

  get frame(): Frame {
    return this.meta.frame;
  }

  get layout(): Layout {
    return this.meta.layout;
  }

  async getCell(code: bigint, level: number): Promise<TargetRow | undefined> {
    requireLevel(level);
    requireCode(code, level);
    return this.#deepestOf([{ level, ...tileCellOf(code) }]);
  }

  async getNearest(x: number, y: number, z: number, level: number): Promise<TargetRow | undefined> {
    const code = encodePoint(x, y, z, level, this.frame);
    const ancestors = Array.from({ length: level + 1 }, (_, above) => {
      return { level: above, ...tileCellOf(ancestorAt(code, level, above)) };
    });
    return this.#deepestOf(ancestors);
  }

  async *getBox(box: Box, options: BoxOptions = {}): AsyncGenerator<TargetRow> {
    const deepest = this.layout === "node" ? MAX_CODE_LEVEL : MAX_LEVEL;
    const [from, to] = options.levels ?? [0, deepest];
    requireLevel(from, "levels[0]");
    requireLevel(to, "levels[1]");
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    try {
      for (let level = from; level <= Math.min(to, deepest) && left > 0; level++) {
        for (const batch of this.#boxAtLevel(box, level)) {
          yield* decodeRows(batch.slice(0, left), this.frame);
          left -= batch.length;
          if (left <= 0) break;
        }
      }
    } catch (error) {
      throw targetFailure(this.path, error);
    }
  }

  async *scan({ signal, onProgress }: ScanOptions = {}): AsyncGenerator<TargetRow[], void> {
    try {
      const total = onProgress === undefined ? 0 : this.rows.count();
      let read = 0;
      for (const batch of this.rows.all()) {
        signal?.throwIfAborted();
        yield decodeRows(batch, this.frame);
        read += batch.length;
        onProgress?.(Math.min(1, read / total));
      }
    } catch (error) {
      throw targetFailure(this.path, error);
    }
  }

  async countRows(): Promise<number> {
    return this.#reading(() => this.rows.count());
  }

  async getCopies(code: bigint, level: number): Promise<CellCopies> {
    requireLevel(level);
    requireCode(code, level);
    const [stored] = this.#reading(() => [...this.rows.range(level, code, code)].flat());
    const place = { node: this.path, datacenter: null, rack: null };
    return { token: null, copies: [{ ...place, answer: this.#answerOf(stored) }] };
  }

  openRows(): Promise<RowReader> {
    return EmbeddedRows.open(this.path, this.layout);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #deepestOf(keys: readonly CellKey[]): TargetRow | undefined {
    const row = this.#reading(() => this.rows.deepestOf(keys));
    return row === undefined ? undefined : decodeRows([row], this.frame)[0];
  }

  #answerOf(stored: StoredRow | undefined): CopyAnswer {
    if (stored === undefined) return { kind: "absent" };
    try {
      const [row] = decodeRows([stored], this.frame);
      if (row === undefined) return { kind: "absent" };
      const writeTimesUs = { write_time: stored.writeTimeUs };
      return { kind: "row", row, digest: storedDigest(stored), writeTimesUs };
    } catch (error) {
      if (error instanceof OctoloadError) return { kind: "damaged", error };
      throw error;
    }
  }

  *#boxAtLevel(box: Box, level: number): Generator<StoredRow[]> {
    const options = { frame: this.frame, maxRanges: MAX_RANGES_A_LEVEL };
    const { ranges, exact } = coverBox(box, level, options);
    const low = indicesOf(encodePoint(...box.min, level, this.frame), level);
    const high = indicesOf(encodePoint(...box.max, level, this.frame), level);
    const isInBox = ({ tile, cell }: StoredRow) => {
      const indices = indicesOf(codeOf(tile, cell), level);
      return indices.every((i, axis) => i >= (low[axis] ?? 0) && i <= (high[axis] ?? 0));
    };
    for (const { first, last } of ranges) {
      for (const batch of this.rows.range(level, first, last)) {
        yield exact ? batch : batch.filter(isInBox);
      }
    }
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw targetFailure(this.path, error);
    }
  }
}
