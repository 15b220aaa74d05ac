import type { CellRow } from "./cell-row.js";
import type { ClusterRows } from "./manifest.js";

/** When the cells of rows were written, and when the first of them expires. */
export class WriteTimeSpan {
  #firstUs: bigint | null = null;
  #lastUs: bigint | null = null;
  #firstExpiryS: number | null = null;

  add({ writeTimesUs, expiriesS }: CellRow): void {
    for (const time of writeTimesUs) {
      if (time === null) continue;
      if (this.#firstUs === null || time < this.#firstUs) this.#firstUs = time;
      if (this.#lastUs === null || time > this.#lastUs) this.#lastUs = time;
    }
    for (const expiry of expiriesS) {
      if (expiry === 0) continue;
      this.#firstExpiryS = Math.min(this.#firstExpiryS ?? expiry, expiry);
    }
  }

  get facts(): Pick<ClusterRows, "firstWriteTimeUs" | "lastWriteTimeUs" | "firstExpiryS"> {
    return {
      firstWriteTimeUs: this.#firstUs === null ? null : String(this.#firstUs),
      lastWriteTimeUs: this.#lastUs === null ? null : String(this.#lastUs),
      firstExpiryS: this.#firstExpiryS,
    };
  }
}
