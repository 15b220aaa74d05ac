import { encodeTilesAsync } from "../encoding/morton.js";
import { rowStatus } from "../encoding/row-status.js";
import { type DeadRow, DeadRows } from "../load/dead-rows.js";
import type { LoadSettings } from "../load/load-settings.js";
import { type RowSelection, restoreSelection, storeSelection } from "../load/row-selection.js";
import type { RunFile } from "../load/run-file.js";
import { pointOf, pointValuesOf, type RowPoint } from "../source/row-point.js";
import type { Source } from "../source/source.js";

const limits = { maxRows: 1, maxBytes: 2 ** 20 };
/** Each may be a block of some MiB. */
const READS_AT_ONCE = 8;
/** So many rows that are gone are named. */
const NAMED_GONE = 5;
const SMALLEST_ROWID = -(2n ** 63n);

/** What is to be loaded again, and the run that it is a part of. */
export type RedriveRequest = DeadLetterRequest | SelectionRequest;

/** The run whose dead letters are to be loaded. */
export interface DeadLetterRequest {
  readonly runDir: string;
  readonly run: RunFile;
  /** Of the dead letters; empty: all. */
  readonly codes: readonly string[];
}

/** Rows of a run's source that are known already, by file and rowid. */
export interface SelectionRequest {
  readonly run: RunFile;
  readonly selection: RowSelection;
}

/** What a redrive sends: settled when it begins, and the same when it is resumed. */
export interface RedriveRows {
  readonly selection: RowSelection;
  readonly gone: GoneRows;
}

/** Named rows that the source does not have any more. */
export interface GoneRows {
  readonly rows: number;
  /** The first of them, for people. */
  readonly examples: readonly string[];
}

/**
 * Finds the named rows in the source as it is now, and the cells that have or had one: where a row
 * is now its own columns and its neighbours' are another way; where it was when it was rejected it
 * counted for its neighbours too.
 *
 * @throws OctoloadError SOURCE_*, RUN_DISK_FAILED
 */
export async function findRedriveRows(
  source: Source,
  request: RedriveRequest,
  settings: Pick<LoadSettings, "frame" | "coerceText">,
): Promise<RedriveRows> {
  if ("selection" in request) {
    return { selection: request.selection, gone: { rows: 0, examples: [] } };
  }
  const { runDir, codes } = request;
  const finder = new Finder(source, settings.coerceText);
  const deadRows = new DeadRows(runDir);
  try {
    for (const page of deadRows.pages(codes)) {
      for (const row of page) finder.addFormer(row, deadRows);
      for (let i = 0; i < page.length; i += READS_AT_ONCE) {
        const rows = page.slice(i, i + READS_AT_ONCE);
        await Promise.all(rows.map((row) => finder.addPresent(row)));
      }
    }
  } finally {
    deadRows.close();
  }
  const { files, rowids, points, gone } = finder;
  const named = { files: Uint32Array.from(files), rowids: BigInt64Array.from(rowids) };
  const cells = await cellsOf(points, settings);
  return { selection: { ...named, ...cells }, gone };
}

class Finder {
  readonly files: number[] = [];
  readonly rowids: bigint[] = [];
  readonly points: RowPoint[] = [];
  readonly gone = { rows: 0, examples: [] as string[] };
  readonly #source: Source;
  readonly #coerceText: boolean;
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(source: Source, coerceText: boolean) {
    this.#source = source;
    this.#coerceText = coerceText;
    this.#numbers = new Map(source.files.map(({ path }, number) => [path, number]));
  }

  addFormer(row: DeadRow, deadRows: DeadRows): void {
    const file = this.#source.files[this.#numbers.get(row.file) ?? -1];
    const point =
      file === undefined ? undefined : deadRows.formerPoint(row, file, this.#coerceText);
    if (point !== undefined) this.points.push(point);
  }

  async addPresent({ file, rowid }: DeadRow): Promise<void> {
    const number = this.#numbers.get(file);
    const after = rowid === SMALLEST_ROWID ? null : rowid - 1n;
    const block =
      number === undefined ? null : await this.#source.read(number, after, limits, rowid);
    if (number === undefined || block === null) {
      this.gone.rows += 1;
      if (this.gone.rows <= NAMED_GONE) this.gone.examples.push(`row ${rowid} of ${file}`);
      return;
    }
    this.files.push(number);
    this.rowids.push(rowid);
    const point = pointOf(pointValuesOf(block), this.#coerceText);
    if (point !== undefined) this.points.push(point);
  }
}

type Cells = Pick<RowSelection, "tiles" | "cells" | "levels">;

/** Of the points that are in the frame. */
async function cellsOf(
  points: readonly RowPoint[],
  { frame }: Pick<LoadSettings, "frame">,
): Promise<Cells> {
  const axis = (key: "x" | "y" | "z") => Float64Array.from(points, (point) => point[key]);
  const levels = Uint8Array.from(points, ({ level }) => level);
  const xyz = { x: axis("x"), y: axis("y"), z: axis("z") };
  const { tiles, cells, status } = await encodeTilesAsync(xyz, levels, { frame });
  const isInFrame = (_: unknown, i: number) => status[i] === rowStatus.ok;
  return {
    tiles: tiles.filter(isInFrame),
    cells: cells.filter(isInFrame),
    levels: levels.filter(isInFrame),
  };
}

/** As JSON can hold them. */
export function storeRedriveRows({ selection, gone }: RedriveRows): unknown {
  return { selection: storeSelection(selection), gone };
}

/** @throws OctoloadError RUN_OTHER */
export function restoreRedriveRows(stored: unknown): RedriveRows {
  const { selection, gone } = (stored ?? {}) as { selection?: unknown; gone?: GoneRows };
  return { selection: restoreSelection(selection), gone: gone ?? { rows: 0, examples: [] } };
}
