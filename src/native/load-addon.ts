import type { FrameHandle } from "./handles.js";

declare const ingestHandle: unique symbol;
declare const derivationHandle: unique symbol;
declare const deliveryHandle: unique symbol;
declare const sourceDeliveryHandle: unique symbol;
declare const keyReaderHandle: unique symbol;
/** Parts of a load as the addon holds them; opaque. One call at a time uses each. */
export interface IngestHandle {
  readonly [ingestHandle]: true;
}
export interface DerivationHandle {
  readonly [derivationHandle]: true;
}
export interface DeliveryHandle {
  readonly [deliveryHandle]: true;
}
export interface SourceDeliveryHandle {
  readonly [sourceDeliveryHandle]: true;
}
export interface KeyReaderHandle {
  readonly [keyReaderHandle]: true;
}

/** What a sort came to: code (native/sort/status.h), errno, a size or position, path. */
export type NativeFailure = readonly [code: number, errno: number, offset: number, path: string];

/** How far the source has been read, and counts up to there. */
export interface IngestMark {
  readonly file: number;
  /** The last one read of that file; null: none. */
  readonly rowid: bigint | null;
  readonly rows: number;
  /** Of them, those that are to be sent: they pass the filters, and are in the selection. */
  readonly selected: number;
  /** Of the selected. */
  readonly rejected: number;
  /** Created values that are no time, of all rows. */
  readonly unreadableCreated: number;
  readonly envelopeBytes: number;
}

export interface NativeSurvey {
  readonly materials: Int32Array;
  /** One a material. */
  readonly materialRows: Float64Array;
  readonly withoutMaterial: number;
  readonly otherMaterials: number;
  readonly mapWidth: number;
  readonly mapHeight: number;
  /** Rows from the south; 255: no node covers the pixel. */
  readonly deepestLevels: Uint8Array;
  readonly nodes: Uint32Array;
}

/** Where a source lies (native/derive/topmost_cells.h). */
export interface NativeTopmostCells {
  readonly tiles: BigUint64Array;
  readonly cells: Uint16Array;
  readonly levels: Uint8Array;
  /** Below 26: cells of this level stand for some inside them. */
  readonly maxLevel: number;
}

/**
 * The addon's part of a load. Every call takes a last argument that says whether
 * to run on libuv's pool, and is only ever called so.
 */
export interface LoadAddon {
  /**
   * `cursors`: of an order, that will read at once and share its memory.
   * `hasSelection`: only the rows named by `files` and `rowids` are sent, and those inside,
   * around or of the cells that `tiles`, `cells` and `levels` name.
   */
  openIngest(
    folder: string,
    identity: string,
    memoryBytes: number,
    orders: number,
    cursors: number,
    frame: FrameHandle,
    coerceText: boolean,
    minLevel: number,
    maxLevel: number,
    limit: number,
    hasSelection: boolean,
    files: Uint32Array,
    rowids: BigInt64Array,
    tiles: BigUint64Array,
    cells: Uint16Array,
    levels: Uint8Array,
    onPool: true,
  ): Promise<
    | { failure: NativeFailure }
    | { failure: null; handle: IngestHandle; mark: IngestMark; hasAllInput: boolean }
  >;
  /** `status`: one byte a row of the block (native/common/row_status.h). */
  ingestAdd(
    ingest: IngestHandle,
    block: Uint8Array,
    file: number,
    absent: number,
    columnSet: number,
    status: Uint8Array,
    onPool: true,
  ): Promise<{
    failure: NativeFailure | null;
    mark: IngestMark;
    /** Preparing, encoding, sorting; since the ingest was opened. */
    cpuNs: readonly [number, number, number];
  }>;
  ingestSpill(ingest: IngestHandle, onPool: true): Promise<{ failure: NativeFailure | null }>;
  ingestFinish(ingest: IngestHandle, onPool: true): Promise<{ failure: NativeFailure | null }>;
  /** Frees its memory and its folder, for another run in this process; no call of it may go on. */
  ingestClose(ingest: IngestHandle, onPool: true): Promise<{ failure: NativeFailure | null }>;
  openDerivation(
    folder: string,
    identity: string,
    memoryBytes: number,
    orders: number,
    cursors: number,
    onPool: true,
  ): Promise<
    { failure: NativeFailure } | { failure: null; handle: DerivationHandle; hasAllInput: boolean }
  >;
  deriveStep(
    ingest: IngestHandle,
    derivation: DerivationHandle,
    maxRecords: number,
    onPool: true,
  ): Promise<{
    failure: NativeFailure | null;
    /** native/derive/deriver.h, Status. */
    deriveFailure: number;
    isDone: boolean;
    records: number;
    /** Loser and winner in turn; `loadable`: one a collision, of its loser. */
    collisions: { rowids: BigInt64Array; files: Uint32Array; loadable: Uint8Array };
  }>;
  deriveFinish(
    derivation: DerivationHandle,
    onPool: true,
  ): Promise<{
    failure: NativeFailure | null;
    rows: number;
    orphans: number;
    collisions: number;
    rowsByLevel: Float64Array;
    tilesByLevel: Float64Array;
    rowsInLargestTile: number;
    survey: NativeSurvey;
    topmost: NativeTopmostCells;
  }>;
  /** As ingestClose(). */
  derivationClose(
    derivation: DerivationHandle,
    onPool: true,
  ): Promise<{ failure: NativeFailure | null }>;
  /** `position` and `upper` are empty where the rows begin and end. */
  openDelivery(
    ingest: IngestHandle,
    derivation: DerivationHandle,
    order: number,
    position: Uint8Array,
    upper: Uint8Array,
    onPool: true,
  ): Promise<{ failure: NativeFailure } | { failure: null; handle: DeliveryHandle }>;
  deliveryNext(
    delivery: DeliveryHandle,
    maxRows: number,
    block: Uint8Array,
    onPool: true,
  ): Promise<{
    failure: NativeFailure | null;
    rows: number;
    read: number;
    bytes: number;
    isEnd: boolean;
    position: Uint8Array;
  }>;
  /** `position` is empty where nothing was delivered yet. */
  openSourceDelivery(
    ingest: IngestHandle,
    derivation: DerivationHandle,
    position: Uint8Array,
    onPool: true,
  ): Promise<{ failure: NativeFailure } | { failure: null; handle: SourceDeliveryHandle }>;
  /** Takes a block of the source as ingestAdd() did; `bytes`: what its finished rows take. */
  sourceDeliveryAdd(
    delivery: SourceDeliveryHandle,
    block: Uint8Array,
    file: number,
    absent: number,
    columnSet: number,
    onPool: true,
  ): Promise<{
    failure: NativeFailure | null;
    rows: number;
    bytes: number;
    position: Uint8Array;
  }>;
  /** Writes the finished rows of the block added. */
  sourceDeliveryWrite(
    delivery: SourceDeliveryHandle,
    block: Uint8Array,
    onPool: true,
  ): Promise<{ failure: NativeFailure | null }>;
  findKeyAt(
    derivation: DerivationHandle,
    order: number,
    rank: number,
    onPool: true,
  ): Promise<{ failure: NativeFailure | null; key: Uint8Array }>;
  /** `lower` (inclusive) and `upper` (exclusive) are empty where the cells begin and end. */
  openKeys(
    derivation: DerivationHandle,
    order: number,
    lower: Uint8Array,
    upper: Uint8Array,
    onPool: true,
  ): Promise<{ failure: NativeFailure } | { failure: null; handle: KeyReaderHandle }>;
  /** Fills the arrays from the front; 0 rows: there are no more. */
  keysNext(
    reader: KeyReaderHandle,
    tokens: BigInt64Array,
    tiles: BigUint64Array,
    cells: Uint16Array,
    levels: Uint8Array,
    onPool: true,
  ): Promise<{ failure: NativeFailure | null; rows: number }>;
  estimateSortBytes(
    keyBytes: number,
    memoryBytes: number,
    records: number,
    payloadBytes: number,
    onPool: true,
  ): Promise<number>;
}
