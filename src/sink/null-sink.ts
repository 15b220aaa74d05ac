import { MAX_CODE_LEVEL, MAX_LEVEL } from "../encoding/level.js";
import type { Layout, Sink, SinkOrder, WriteResult } from "./sink.js";
import type { SinkBatch } from "./sink-batch.js";
import { DEFAULT_LAYOUT } from "./target-url.js";

/** `null:`: acknowledges every row at once and keeps none. It measures all that comes before. */
export class NullSink implements Sink {
  readonly url: string;
  readonly order: SinkOrder;
  readonly maxLevel: number;
  readonly inFlightRows = 65_536;
  #rows = 0;
  #bytes = 0;

  constructor(url = "null:", layout: Layout = DEFAULT_LAYOUT) {
    this.url = url;
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

  async open(): Promise<void> {
    // Nothing to agree with.
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
