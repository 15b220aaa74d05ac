import { mkdir } from "node:fs/promises";
import type { Frame } from "../encoding/frame.js";
import { frameHandle } from "../encoding/frame-handle.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { nativeAddon } from "../native/addon.js";
import type {
  DeliveryHandle,
  DerivationHandle,
  IngestHandle,
  IngestMark,
  NativeSurvey,
  NativeTopmostCells,
  SourceDeliveryHandle,
} from "../native/load-addon.js";
import type { KeySource } from "../sink/key-page.js";
import type { SinkOrder } from "../sink/sink.js";
import { MIN_MEMORY_BYTES } from "./load-settings.js";
import { orderNumber, type SortOrder } from "./order-key.js";
import { emptySelection, type RowSelection } from "./row-selection.js";
import { isOutputTooSmall, requireDerived, requireSorted, sortFailure } from "./sort-failure.js";
import { SortedKeys } from "./sorted-keys.js";

export interface SortedRunOptions {
  readonly folder: string;
  /** Of the source and of what is done with it: another one's sorted files are refused. */
  readonly identity: string;
  readonly memoryBytes: number;
  readonly orders: readonly SortOrder[];
  /** Derived columns are counted and thrown away: nothing can be delivered then. */
  readonly onlyCounts?: boolean;
  /** Of an order, that will read at once: they share its memory. 1 unless given. */
  readonly cursors?: number;
  readonly frame: Frame;
  readonly coerceText: boolean;
  readonly minLevel: number;
  readonly maxLevel: number;
  /** Only so many of the rows that pass the filters. */
  readonly limit: number;
  /** Of them, those to be sent; undefined: all. */
  readonly selection: RowSelection | undefined;
}

/** Which columns a file lacks (bit: native/batch/source_batch.h), and its set of unmapped ones. */
export interface FileColumns {
  readonly file: number;
  readonly absent: number;
  readonly columnSet: number;
}

export interface AddedBatch {
  readonly mark: IngestMark;
  /** One byte a row: what is wrong with it. */
  readonly status: Uint8Array;
  readonly cpuMs: { readonly prepare: number; readonly encode: number; readonly sort: number };
}

/** Row `loser` gave way to row `winner`, which has the same level and code. */
export interface Collision {
  readonly loser: { readonly file: number; readonly rowid: bigint };
  readonly winner: { readonly file: number; readonly rowid: bigint };
  /** It passes the filters and nothing else is wrong with it: it has to be reported. */
  readonly isLoserLoadable: boolean;
}

export interface DerivedFacts {
  readonly rows: number;
  readonly orphans: number;
  readonly collisions: number;
  readonly rowsByLevel: Float64Array;
  /** Tiles (code >> 15) that have rows of a level. */
  readonly tilesByLevel: Float64Array;
  readonly rowsInLargestTile: number;
  readonly survey: NativeSurvey;
  readonly topmost: NativeTopmostCells;
}

/**
 * The native side of a run: rows go in as source batches, come out derived and
 * sorted. Everything is on disk in `folder`, so a later process goes on from
 * where this one was.
 */
export class SortedRun {
  readonly #options: SortedRunOptions;
  readonly #ingest: IngestHandle;
  #derivation: DerivationHandle | undefined;
  #mark: IngestMark;
  #lastCall: Promise<unknown> = Promise.resolve();
  readonly hasAllInput: boolean;

  private constructor(
    options: SortedRunOptions,
    ingest: IngestHandle,
    mark: IngestMark,
    hasAllInput: boolean,
  ) {
    this.#options = options;
    this.#ingest = ingest;
    this.#mark = mark;
    this.hasAllInput = hasAllInput;
  }

  /** @throws OctoloadError RUN_IN_USE, SPILL_DAMAGED, RUN_DISK_FULL, RUN_DISK_FAILED, RUN_MEMORY */
  static async open(options: SortedRunOptions): Promise<SortedRun> {
    requireMemory(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const { files, rowids, tiles, cells, levels } = options.selection ?? emptySelection();
    const opened = await nativeAddon().openIngest(
      options.folder,
      options.identity,
      options.memoryBytes,
      orderMask(options.orders),
      options.cursors ?? 1,
      frameHandle(options.frame),
      options.coerceText,
      options.minLevel,
      options.maxLevel,
      options.limit,
      options.selection !== undefined,
      files,
      rowids,
      tiles,
      cells,
      levels,
      true,
    );
    if (opened.failure !== null) throw sortFailure(opened.failure);
    return new SortedRun(options, opened.handle, opened.mark, opened.hasAllInput);
  }

  /** Where to read the source on from. */
  get mark(): IngestMark {
    return this.#mark;
  }

  /** Takes the next batch; one call at a time. */
  async add(block: Uint8Array, rows: number, columns: FileColumns): Promise<AddedBatch> {
    const status = new Uint8Array(rows);
    const { failure, mark, cpuNs } = await nativeAddon().ingestAdd(
      this.#ingest,
      block,
      columns.file,
      columns.absent,
      columns.columnSet,
      status,
      true,
    );
    requireSorted(failure);
    this.#mark = mark;
    const [prepare, encode, sort] = cpuNs;
    return {
      mark,
      status,
      cpuMs: { prepare: prepare / 1e6, encode: encode / 1e6, sort: sort / 1e6 },
    };
  }

  /** Makes what was added durable, for a process that stops before the end. */
  async spill(): Promise<void> {
    requireSorted((await nativeAddon().ingestSpill(this.#ingest, true)).failure);
  }

  /** No more batches. */
  async finishInput(): Promise<void> {
    requireSorted((await nativeAddon().ingestFinish(this.#ingest, true)).failure);
  }

  /** @returns whether an earlier process derived everything already */
  async openDerivation(): Promise<boolean> {
    const { folder, identity, memoryBytes, cursors = 1, onlyCounts = false } = this.#options;
    const orders = onlyCounts ? [] : this.#options.orders;
    const opened = await nativeAddon().openDerivation(
      folder,
      identity,
      Math.floor(memoryBytes / 2),
      orderMask(orders),
      cursors,
      true,
    );
    if (opened.failure !== null) throw sortFailure(opened.failure);
    this.#derivation = opened.handle;
    return opened.hasAllInput;
  }

  /** Derives from the next keys. @throws OctoloadError TOO_MANY_MATERIALS too */
  async derive(
    maxRecords: number,
  ): Promise<{ isDone: boolean; records: number; collisions: Collision[] }> {
    const step = await nativeAddon().deriveStep(
      this.#ingest,
      this.#requireDerivation(),
      maxRecords,
      true,
    );
    requireSorted(step.failure);
    requireDerived(step.deriveFailure);
    return {
      isDone: step.isDone,
      records: step.records,
      collisions: collisionsOf(step.collisions),
    };
  }

  async finishDerivation(): Promise<DerivedFacts> {
    const { failure, ...facts } = await nativeAddon().deriveFinish(this.#requireDerivation(), true);
    requireSorted(failure);
    return facts;
  }

  /** `position`: of a Delivery; undefined: from the first row. `upper`: a key, exclusive. */
  async openDelivery(
    order: SinkOrder,
    position?: Uint8Array,
    upper?: Uint8Array,
  ): Promise<Delivery> {
    const none = new Uint8Array();
    const opened = await this.#inTurn(() =>
      nativeAddon().openDelivery(
        this.#ingest,
        this.#requireDerivation(),
        orderNumber(order),
        position ?? none,
        upper ?? none,
        true,
      ),
    );
    if (opened.failure !== null) throw sortFailure(opened.failure);
    return new SortedDelivery(opened.handle);
  }

  /** `position`: of an earlier one; undefined: from the first row. */
  async openSourceDelivery(position?: Uint8Array): Promise<SourceDeliveryHandle> {
    const opened = await this.#inTurn(() =>
      nativeAddon().openSourceDelivery(
        this.#ingest,
        this.#requireDerivation(),
        position ?? new Uint8Array(),
        true,
      ),
    );
    if (opened.failure !== null) throw sortFailure(opened.failure);
    return opened.handle;
  }

  /**
   * The cells of all rows that have one, rejected ones included, from the key `lower` (inclusive) up
   * to `upper` (exclusive).
   */
  async openKeys(order: SinkOrder, lower?: Uint8Array, upper?: Uint8Array): Promise<KeySource> {
    const none = new Uint8Array();
    const opened = await this.#inTurn(() =>
      nativeAddon().openKeys(
        this.#requireDerivation(),
        orderNumber(order),
        lower ?? none,
        upper ?? none,
        true,
      ),
    );
    if (opened.failure !== null) throw sortFailure(opened.failure);
    return new SortedKeys(opened.handle);
  }

  /** The key of the cell at `rank` of all cells in this order; undefined beyond the last. */
  async keyAt(order: SinkOrder, rank: number): Promise<Uint8Array | undefined> {
    const { failure, key } = await this.#inTurn(() =>
      nativeAddon().findKeyAt(this.#requireDerivation(), orderNumber(order), rank, true),
    );
    requireSorted(failure);
    return key.length === 0 ? undefined : key;
  }

  /**
   * Gives memory and folders back; no other call may go on or follow. Without it the garbage
   * collector does, and until then no run in this process can go on with the folder.
   */
  async close(): Promise<void> {
    const derivation = this.#derivation;
    this.#derivation = undefined;
    if (derivation !== undefined) await nativeAddon().derivationClose(derivation, true);
    await nativeAddon().ingestClose(this.#ingest, true);
  }

  /** Several sinks ask at once, but a call has the sorts to itself: another one would be refused. */
  #inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = this.#lastCall.then(call);
    this.#lastCall = result.catch(() => undefined);
    return result;
  }

  #requireDerivation(): DerivationHandle {
    if (this.#derivation !== undefined) return this.#derivation;
    throw new OctoloadError("INTERNAL", "a run was read before anything was derived");
  }
}

export interface Chunk {
  /** undefined at the end, or where all rows read had lost their collision. */
  readonly block: SharedArrayBuffer | undefined;
  readonly rows: number;
  /** Sorted rows read for it: those in the block and the losers. */
  readonly read: number;
  readonly isEnd: boolean;
  /** Behind this chunk: where a later delivery goes on from. */
  readonly position: Uint8Array;
}

/** Finished rows, chunk by chunk; one call at a time. */
export interface Delivery {
  /** @param free memory to fill, where it suffices */
  next(maxRows: number, free: SharedArrayBuffer): Promise<Chunk>;
}

/** Rows in a sink's order. */
class SortedDelivery implements Delivery {
  readonly #handle: DeliveryHandle;

  constructor(handle: DeliveryHandle) {
    this.#handle = handle;
  }

  async next(maxRows: number, free: SharedArrayBuffer): Promise<Chunk> {
    let block = free;
    let chunk = await nativeAddon().deliveryNext(
      this.#handle,
      maxRows,
      new Uint8Array(block),
      true,
    );
    if (isOutputTooSmall(chunk.failure)) {
      block = new SharedArrayBuffer(chunk.failure?.[2] ?? 0);
      chunk = await nativeAddon().deliveryNext(this.#handle, maxRows, new Uint8Array(block), true);
    }
    requireSorted(chunk.failure);
    const { rows, read, isEnd, position } = chunk;
    return { block: rows > 0 ? block : undefined, rows, read, isEnd, position };
  }
}

function requireMemory({ memoryBytes, orders }: SortedRunOptions): void {
  const needed = MIN_MEMORY_BYTES * orders.length;
  if (memoryBytes >= needed) return;
  throw new OctoloadError(
    "RUN_MEMORY",
    `sorting in ${orders.length} orders takes ${needed} bytes at least, ${memoryBytes} are given`,
  );
}

function orderMask(orders: readonly SortOrder[]): number {
  return orders.reduce((mask, order) => mask | (1 << orderNumber(order)), 0);
}

function collisionsOf({
  files,
  rowids,
  loadable,
}: {
  files: Uint32Array;
  rowids: BigInt64Array;
  loadable: Uint8Array;
}): Collision[] {
  const row = (i: number) => ({ file: files[i] ?? 0, rowid: rowids[i] ?? 0n });
  return Array.from(loadable, (isLoadable, i) => ({
    loser: row(2 * i),
    winner: row(2 * i + 1),
    isLoserLoadable: isLoadable !== 0,
  }));
}
