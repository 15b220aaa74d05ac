import { MAX_CODE_LEVEL, MAX_LEVEL } from "../encoding/level.js";
import { nothingRecorded, type RecordedTarget } from "./recorded-target.js";
import type { Layout, Sink, SinkOrder, WriteResult } from "./sink.js";
import type { SinkBatch } from "./sink-batch.js";
import { DEFAULT_LAYOUT } from "./target-url.js";

/** `null:`: acknowledges every row at once and keeps none. It measures all that comes before. */
export class NullSink implements Sink {
  readonly url: string;
  readonly layout: Layout;
  readonly order: SinkOrder;
  readonly maxLevel: number;
  readonly inFlightRows = 65_536;
  readonly cursors = 1;
  #rows = 0;
  #bytes = 0;

  constructor(url = "null:", layout: Layout = DEFAULT_LAYOUT) {
    this.url = url;
    this.layout = layout;
    this.order = layout;
    this.maxLevel = layout === "node" ? MAX_CODE_LEVEL : MAX_LEVEL;
  }

  /** Rows written so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the envelopes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async recorded(): Promise<RecordedTarget> {
    return nothingRecorded;
  }

  async open(): Promise<void> {
    // Nothing to agree with.
  }

  async requireApart(): Promise<void> {
    // It holds no other source.
  }

  async begin(): Promise<void> {
    // Nothing is recorded.
  }

  async write(batch: SinkBatch): Promise<WriteResult> {
    this.#rows += batch.rows;
    this.#bytes += batch.bytes.length;
    return { refused: [] };
  }

  async finish(): Promise<void> {
    // Nothing was kept.
  }

  async close(): Promise<void> {
    // Nothing was opened.
  }
}
