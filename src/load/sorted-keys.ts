import { nativeAddon } from "../native/addon.js";
import type { KeyReaderHandle } from "../native/load-addon.js";
import { type KeyPage, type KeySource, makeKeyPage } from "../sink/key-page.js";
import { requireSorted } from "./sort-failure.js";

const KEYS_A_PAGE = 4096;

/** Keys of a sorted run, page by page; one call at a time. */
export class SortedKeys implements KeySource {
  readonly #handle: KeyReaderHandle;
  readonly #memory = makeKeyPage(KEYS_A_PAGE);

  constructor(handle: KeyReaderHandle) {
    this.#handle = handle;
  }

  /** @throws OctoloadError SPILL_DAMAGED, RUN_DISK_FAILED */
  async next(): Promise<KeyPage> {
    const { tokens, tiles, cells, levels } = this.#memory;
    const { failure, rows } = await nativeAddon().keysNext(
      this.#handle,
      tokens,
      tiles,
      cells,
      levels,
      true,
    );
    requireSorted(failure);
    return { ...this.#memory, rows };
  }
}
