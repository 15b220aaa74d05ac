import { DigestSet } from "../encoding/digest-set.js";
import type { DigestChange } from "./checkpoint.js";

/** Parts are saved until they take as much as this and as the whole; then the whole is. */
const MIN_PARTS_BYTES = 65_536;

/**
 * The digests of what one cursor has sent. A batch changes few ranges or many, as the sink's order
 * is, so what is saved with a checkpoint is the batch's part alone, now and then all of them added
 * up: what is written stays in proportion to the rows, and what is to be kept to the ranges.
 */
export class CursorDigests {
  #sum: DigestSet;
  /** Of the parts saved behind the whole. */
  #partsBytes: number;

  /** @param parts as they were saved */
  constructor(parts: readonly Uint8Array[]) {
    this.#sum = sumOfParts(parts);
    this.#partsBytes = parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** Takes the digests of the next rows; what is to be saved with the checkpoint behind them. */
  add(digests: DigestSet): DigestChange {
    this.#sum = this.#sum.plus(digests);
    const { bytes } = digests;
    this.#partsBytes += bytes.length;
    if (this.#partsBytes <= Math.max(MIN_PARTS_BYTES, this.#sum.byteLength)) {
      return { bytes, isWhole: false };
    }
    this.#partsBytes = 0;
    return { bytes: this.#sum.bytes, isWhole: true };
  }
}

/** @throws OctoloadError DIGEST_INVALID */
export function sumOfParts(parts: readonly Uint8Array[]): DigestSet {
  return parts.reduce((sum, bytes) => sum.plus(DigestSet.fromBytes(bytes)), DigestSet.empty);
}
