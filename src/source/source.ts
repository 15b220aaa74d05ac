import { basename, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { WorkerClient } from "../worker/worker-client.js";
import { parseColumnMapping } from "./columns.js";
import type { ReadLimits, RowValue } from "./file-reader.js";
import { findPaths } from "./find-paths.js";
import { randomRanks } from "./random-ranks.js";
import type { Access, OpenedFile, ReaderApi } from "./reader-worker.js";
import { removeCopies } from "./snapshot.js";
import type { RowAddress, RowRange, SourceFile, SourceOptions } from "./source-options.js";

const BUSY_TIMEOUT_MS = 5000;

/**
 * The rows to be moved: one table of one SQLite file or of many, opened for reading only. All
 * reading happens in a worker thread, one call after another; a caller that wants the next block
 * read while it works on this one makes two calls at once.
 */
export class Source {
  readonly name: string;
  readonly files: readonly SourceFile[];
  readonly #worker: WorkerClient<ReaderApi>;
  #counts: Promise<readonly number[]> | undefined;
  #fingerprint: Promise<string> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(name: string, files: readonly SourceFile[], worker: WorkerClient<ReaderApi>) {
    this.name = name;
    this.files = files;
    this.#worker = worker;
  }

  /**
   * Finds the files, opens them and finds the table in each; with `snapshotDir` copies them first.
   *
   * @throws OctoloadError SOURCE_*, SNAPSHOT_*
   */
  static async open(options: SourceOptions): Promise<Source> {
    const columns = parseColumnMapping(options.columns ?? {});
    const found = options.snapshots === undefined ? findPaths(options.paths) : options.paths;
    const paths = found.map((path) => resolve(path));
    const access = accessOf(options, paths);
    const { table, where, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
    const worker = WorkerClient.start<ReaderApi>("./reader-worker", import.meta.url);
    try {
      const opened = await worker.call("open", [
        paths,
        { table, columns, where, busyTimeoutMs },
        access,
      ]);
      const name = options.name ?? paths.map((path) => basename(path)).join(",");
      return new Source(name, numberColumnSets(opened), worker);
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  /** Rows of all files. The first call goes through all rowids. */
  async count(): Promise<number> {
    const counts = await this.#countFiles();
    return counts.reduce((sum, rows) => sum + rows, 0);
  }

  /** Rows of each file. */
  async countFiles(): Promise<readonly number[]> {
    return this.#countFiles();
  }

  /**
   * SHA-256, hexadecimal: of copies their bytes; in place size, time of modification, change
   * counter, position of the write-ahead log, schema and number of rows.
   *
   * @throws OctoloadError SOURCE_CHANGED
   */
  fingerprint(): Promise<string> {
    this.#fingerprint ??= this.#worker.call("fingerprint", []).catch((error: unknown) => {
      this.#fingerprint = undefined;
      throw error;
    });
    return this.#fingerprint;
  }

  /** @throws OctoloadError SOURCE_CHANGED when a file was written to since the source was opened */
  async check(): Promise<void> {
    await this.#worker.call("check", []);
  }

  /**
   * The next rows of a file as a block of native/batch/source_batch.h, in the order of their
   * rowids; null when there are none after `afterRowid` (null: from the start) up to `lastRowid`
   * (null: to the end). The buffer is the caller's own.
   */
  read(
    file: number,
    afterRowid: bigint | null,
    limits: ReadLimits,
    lastRowid: bigint | null = null,
  ): Promise<ArrayBuffer | null> {
    return this.#worker.call("read", [file, afterRowid, lastRowid, limits]);
  }

  /** Whole rows by rowid, values in the order of `columns` of the file; null where there is none. */
  rows(file: number, rowids: readonly bigint[]): Promise<readonly (readonly RowValue[] | null)[]> {
    return this.#worker.call("rows", [file, rowids]);
  }

  /**
   * Rows chosen at random, each set of them equally likely, and the same on any machine; all rows
   * where there are no more than `count`. Ordered by file and rowid.
   */
  async sample(count = 1000, seed = 12_345): Promise<readonly RowAddress[]> {
    const counts = await this.#countFiles();
    const total = counts.reduce((sum, rows) => sum + rows, 0);
    const ranks = randomRanks(count, total, seed);
    const chosen: RowAddress[] = [];
    let first = 0;
    for (const [file, rows] of counts.entries()) {
      const here = ranks.filter((rank) => rank >= first && rank < first + rows);
      const rowids = await this.#rowidsAt(
        file,
        here.map((rank) => rank - first),
      );
      chosen.push(...rowids.map((rowid) => ({ file, rowid })));
      first += rows;
    }
    return chosen;
  }

  /**
   * Splits the source into about `parts` ranges of about as many rows each; more where files end.
   * Together they are all rows, those after the last rowid counted included. Files without rows
   * have none.
   */
  async ranges(parts: number): Promise<readonly RowRange[]> {
    const counts = await this.#countFiles();
    const total = counts.reduce((sum, rows) => sum + rows, 0);
    const ranges: RowRange[] = [];
    let first = 0;
    for (const [file, rows] of counts.entries()) {
      ranges.push(...(await this.#splitFile(file, cutRanks(parts, total, first, rows))));
      first += rows;
    }
    return ranges;
  }

  /** Removes the private copies, if there are any. Nothing can be read afterwards. */
  async removeSnapshots(): Promise<void> {
    const copies = this.files.flatMap(({ snapshotPath }) => snapshotPath ?? []);
    if (copies.length === 0) return;
    await this.#worker.call("close", []);
    await removeCopies(copies);
  }

  /** May be called again. Calls that still wait are finished first. */
  close(): Promise<void> {
    this.#closed ??= this.#worker.call("close", []).finally(() => this.#worker.close());
    return this.#closed;
  }

  #countFiles(): Promise<readonly number[]> {
    this.#counts ??= Promise.all(
      this.files.map((_file, number) => this.#worker.call("countRows", [number])),
    ).catch((error: unknown) => {
      this.#counts = undefined; // a lock goes away: the next call may succeed
      throw error;
    });
    return this.#counts;
  }

  #rowidsAt(file: number, ranks: readonly number[]): Promise<readonly bigint[]> {
    return this.#worker.call("rowidsAt", [file, ranks]);
  }

  /** @param cuts ranks within the file, from 0 to its number of rows */
  async #splitFile(file: number, cuts: readonly number[]): Promise<readonly RowRange[]> {
    const lastRowids = await this.#rowidsAt(
      file,
      cuts.slice(1, -1).map((rank) => rank - 1),
    );
    const bounds = [null, ...lastRowids, null];
    return cuts.slice(1).map((end, i) => ({
      file,
      afterRowid: bounds[i] ?? null,
      lastRowid: bounds[i + 1] ?? null,
      rows: end - (cuts[i] ?? 0),
    }));
  }
}

/** Where the parts of a source of `total` rows meet within a file of `rows` rows after `first`. */
function cutRanks(parts: number, total: number, first: number, rows: number): readonly number[] {
  if (rows === 0) return [];
  const cuts = new Set<number>([0, rows]);
  for (let part = 1; part < parts; part += 1) {
    const cut = Math.floor((part * total) / parts) - first;
    if (cut > 0 && cut < rows) cuts.add(cut);
  }
  return [...cuts].sort((left, right) => left - right);
}

function accessOf(options: SourceOptions, paths: readonly string[]): Access {
  const { snapshots, snapshotDir } = options;
  if (snapshots === undefined) {
    return snapshotDir === undefined
      ? { kind: "in-place" }
      : { kind: "snapshot", folder: snapshotDir };
  }
  if (snapshots.length === paths.length) return { kind: "copies", paths: snapshots };
  throw new OctoloadError(
    "ARG_LENGTH",
    `snapshots must have one entry a file, ${paths.length}, got ${snapshots.length}`,
  );
}

/** Files with the same unmapped columns share a number. */
function numberColumnSets(opened: readonly OpenedFile[]): readonly SourceFile[] {
  const numbers = new Map<string, number>();
  return opened.map((file) => {
    if (file.extras.length === 0) return { ...file, columnSet: 0 };
    const list = JSON.stringify(file.extras.map(({ name, declaredType }) => [name, declaredType]));
    const columnSet = numbers.get(list) ?? numbers.size + 1;
    numbers.set(list, columnSet);
    return { ...file, columnSet };
  });
}
