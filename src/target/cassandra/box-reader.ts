import type { PageReader } from "../../cassandra/page-reader.js";
import { PageSize } from "../../cassandra/page-size.js";
import { codeOf, tileCellOf } from "../../encoding/cell.js";
import type { Box } from "../../encoding/cover.js";
import type { Frame } from "../../encoding/frame.js";
import type { IndexBox } from "../../encoding/index-box.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { StoredRow } from "../row-decoder.js";
import { cellCount, codesOf, indexBoxOf, isInBox, tileBoxOf, tileSpans } from "./box-cover.js";
import { mapInOrder, pagesInOrder } from "./merge-pages.js";
import { envelopeBytes, type RowQueries, storedRowOf } from "./row-queries.js";

/** Partitions that the levels of one box may need together: some seconds of reading. */
export const MAX_BOX_READS = 65_536;
/** Reads at a time: of cells, which are small, and of tiles, which are not. */
const CELL_READS = 64;
const TILE_READS = 8;
const PAGE_BYTES = 1 << 20;
const BATCH_ROWS = 256;

/** Reads the rows of one box, level by level. */
export class BoxReader {
  readonly #reader: PageReader;
  readonly #queries: RowQueries;
  readonly #frame: Frame;
  readonly #size = new PageSize(PAGE_BYTES);
  #readsLeft = MAX_BOX_READS;

  constructor(reader: PageReader, queries: RowQueries, frame: Frame) {
    this.#reader = reader;
    this.#queries = queries;
    this.#frame = frame;
  }

  /**
   * The rows of a level whose cells the box touches, in batches, by code. Layout node asks for each
   * cell by itself; layout tile for ranges of cells in each tile.
   *
   * @throws OctoloadError BOX_INVALID, OUT_OF_FRAME, BOX_TOO_LARGE, ROW_INCOMPLETE, CASSANDRA_*
   */
  rows(box: Box, level: number): AsyncGenerator<StoredRow[], void> {
    const indices = indexBoxOf(box, level, this.#frame);
    const isNode = this.#queries.layout === "node";
    this.#take(cellCount(isNode ? indices : tileBoxOf(indices)), level);
    return isNode ? this.#cells(indices) : this.#tiles(indices);
  }

  async *#cells(box: IndexBox): AsyncGenerator<StoredRow[], void> {
    let batch: StoredRow[] = [];
    for await (const row of mapInOrder(codesOf(box), CELL_READS, (code) => this.#cell(code, box))) {
      if (row === undefined) continue;
      batch.push(row);
      if (batch.length < BATCH_ROWS && row.envelope.length < PAGE_BYTES) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async #cell(code: bigint, { level }: IndexBox): Promise<StoredRow | undefined> {
    const query = this.#queries.cell({ level, ...tileCellOf(code) });
    for await (const [row] of this.#reader.pages(query, new PageSize(1))) {
      return row === undefined ? undefined : storedRowOf(row, "node");
    }
    return undefined;
  }

  async *#tiles(box: IndexBox): AsyncGenerator<StoredRow[], void> {
    const pages = pagesInOrder(tileSpans(box), TILE_READS, (span) =>
      this.#reader.pages(this.#queries.span(box.level, span), this.#size),
    );
    for await (const page of pages) {
      this.#size.saw(page.length, envelopeBytes(page));
      const rows = page.map((row) => storedRowOf(row, "tile"));
      yield rows.filter(({ tile, cell }) => isInBox(box, codeOf(tile, cell)));
    }
  }

  #take(reads: number, level: number): void {
    if (reads <= this.#readsLeft) {
      this.#readsLeft -= reads;
      return;
    }
    const what = this.#queries.layout === "node" ? "cells" : "tiles";
    throw new OctoloadError(
      "BOX_TOO_LARGE",
      `the box touches ${reads} ${what} at level ${level}, each read by itself; of all levels together at most ${MAX_BOX_READS} are`,
      what === "tiles" ? { remedy: remedyOfTiles } : {},
    );
  }
}

const remedyOfTiles =
  "Ask for a smaller box or coarser levels (--level a..b), or export the target.";
