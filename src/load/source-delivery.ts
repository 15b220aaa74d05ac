import { nativeAddon } from "../native/addon.js";
import type { SourceDeliveryHandle } from "../native/load-addon.js";
import type { Source } from "../source/source.js";
import { sourcePosition } from "./order-key.js";
import { rowidsOf, scanLimits } from "./scan.js";
import { requireSorted } from "./sort-failure.js";
import type { Chunk, Delivery, FileColumns } from "./sorted-run.js";

/**
 * Rows in the order of the source, which is read a second time: each batch is encoded again and
 * gets what was derived for its rows. The next one is read meanwhile.
 */
export class SourceDelivery implements Delivery {
  readonly #source: Source;
  readonly #columns: readonly FileColumns[];
  readonly #handle: SourceDeliveryHandle;
  /** Behind the last row read. */
  #file: number;
  #rowid: bigint | null;
  #position: Uint8Array;
  #next: Promise<ArrayBuffer | null> | undefined;

  /**
   * @param columns of each file
   * @param position of an earlier delivery; undefined: from the first row
   */
  constructor(
    source: Source,
    columns: readonly FileColumns[],
    handle: SourceDeliveryHandle,
    position: Uint8Array | undefined,
  ) {
    const start = position === undefined ? undefined : sourcePosition(position);
    this.#source = source;
    this.#columns = columns;
    this.#handle = handle;
    this.#file = start?.file ?? 0;
    this.#rowid = start?.rowid ?? null;
    this.#position = position ?? new Uint8Array();
  }

  /** @throws OctoloadError SOURCE_CHANGED before a row was given that is not what was derived from */
  async next(maxRows: number, free: SharedArrayBuffer): Promise<Chunk> {
    for (; this.#file < this.#source.files.length; this.#beginFile(this.#file + 1)) {
      const block = await (this.#next ?? this.#read(maxRows));
      this.#next = undefined;
      const unchanged = this.#source.check();
      const last = block === null ? undefined : rowidsOf(block).at(-1);
      if (block === null || last === undefined) {
        await unchanged;
        continue;
      }
      this.#rowid = last;
      this.#next = this.#read(maxRows);
      // Handled where it is awaited; until then another failure may come first.
      this.#next.catch(() => undefined);
      await unchanged;
      return this.#encode(block, free);
    }
    return { block: undefined, rows: 0, read: 0, isEnd: true, position: this.#position };
  }

  #beginFile(file: number): void {
    this.#file = file;
    this.#rowid = null;
  }

  #read(maxRows: number): Promise<ArrayBuffer | null> {
    const limits = { ...scanLimits, maxRows: Math.min(scanLimits.maxRows, maxRows) };
    return this.#source.read(this.#file, this.#rowid, limits);
  }

  async #encode(block: ArrayBuffer, free: SharedArrayBuffer): Promise<Chunk> {
    const { file, absent, columnSet } = this.#columns[this.#file] ?? noColumns(this.#file);
    const addon = nativeAddon();
    const added = await addon.sourceDeliveryAdd(
      this.#handle,
      new Uint8Array(block),
      file,
      absent,
      columnSet,
      true,
    );
    requireSorted(added.failure);
    this.#position = added.position;
    const chunk = { read: rowidsOf(block).length, isEnd: false, position: added.position };
    if (added.rows === 0) return { ...chunk, block: undefined, rows: 0 };
    const out = free.byteLength >= added.bytes ? free : new SharedArrayBuffer(added.bytes);
    const { failure } = await addon.sourceDeliveryWrite(this.#handle, new Uint8Array(out), true);
    requireSorted(failure);
    return { ...chunk, block: out, rows: added.rows };
  }
}

function noColumns(file: number): FileColumns {
  return { file, absent: 0, columnSet: 0 };
}
