import type { RawPage } from "../cassandra/row-pages.js";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { nativeAddon } from "../native/addon.js";
import type { RowBlock } from "./row-reader.js";

/** Codes of native/cql/result_rows.h and native/validate/stored_rows.h. */
const pageFaults = new Map([
  [1, "is no answer with rows"],
  [2, "ends before what it claims to hold"],
  [3, "has another number of columns"],
  [4, "has a row whose key is NULL or of another type"],
  [6, "has bytes behind its last row"],
]);
const PAGE_TOO_SMALL = 5;
const STORED_TOO_SMALL = 3;

const FIRST_BYTES = 1 << 18;

/** A page's rows, and where the next page begins. */
export interface UnpackedRows extends RowBlock {
  readonly envelopeBytes: number;
  readonly pagingState: Uint8Array;
}

/** Memory in which blocks are made one after another: each is there until the next one. */
export class RowBlockMemory {
  #memory = new Uint8Array(FIRST_BYTES);

  /**
   * @param what for messages, such as "reading octree_nodes"
   * @throws OctoloadError CASSANDRA_FAILED where the page is not what the protocol says
   */
  async unpackPage(page: RawPage, layout: Layout, what: string): Promise<UnpackedRows> {
    const isTile = layout === "tile" ? 1 : 0;
    const unpack = () =>
      nativeAddon().unpackRows(page.body, page.flags, isTile, this.#memory, true);
    let unpacked = await unpack();
    if (unpacked[0] === PAGE_TOO_SMALL) {
      this.#grow(unpacked[1]);
      unpacked = await unpack();
    }
    const [code, detail, rows, bytes, envelopeBytes, pagingOffset, pagingBytes] = unpacked;
    if (code !== 0) {
      const fault = pageFaults.get(code) ?? `is not understood (${code})`;
      throw new OctoloadError("CASSANDRA_FAILED", `${what}: a page ${fault} (${detail})`);
    }
    const pagingState = page.body.slice(pagingOffset, pagingOffset + pagingBytes);
    return { rows, block: this.#memory.subarray(0, bytes), envelopeBytes, pagingState };
  }

  /** @throws OctoloadError INTERNAL where it is no block of octoload_pack */
  async unpackStored(packed: Uint8Array, layout: Layout): Promise<RowBlock> {
    const unpack = () => nativeAddon().unpackStored(packed, layout === "tile", this.#memory, true);
    let unpacked = await unpack();
    if (unpacked[0] === STORED_TOO_SMALL) {
      this.#grow(unpacked[1]);
      unpacked = await unpack();
    }
    const [code, detail, rows, bytes] = unpacked;
    if (code === 0) return { rows, block: this.#memory.subarray(0, bytes) };
    throw new OctoloadError(
      "INTERNAL",
      `rows of the target cannot be taken apart: ${code}, ${detail}`,
    );
  }

  #grow(bytes: number): void {
    this.#memory = new Uint8Array(Math.ceil(bytes * 1.25));
  }
}
