import { storageClass } from "../encoding/value-column.js";
import { type BlockColumn, TOO_LARGE_KIND } from "../load/source-block.js";

/** How long the TEXT and BLOB values of a column are. */
export interface LengthFacts {
  readonly values: number;
  readonly bytes: number;
  readonly longest: {
    readonly file: number;
    readonly rowid: string;
    readonly bytes: number;
  } | null;
  /** Values of 0 bytes, then of less than 2, 4, 8 ... and at least half as many. */
  readonly histogram: readonly number[];
}

const BUCKETS = 33;
const WORD = 2 ** 32;

/** Collects lengths, a batch at a time. */
export class LengthCounter {
  readonly #histogram = new Float64Array(BUCKETS);
  #values = 0;
  #bytes = 0;
  #longest: LengthFacts["longest"] = null;

  add({ kinds, halves }: BlockColumn, file: number, rowids: BigInt64Array): void {
    for (let row = 0; row < kinds.length; row += 1) {
      const kind = kinds[row];
      if (kind !== storageClass.text && kind !== storageClass.blob && kind !== TOO_LARGE_KIND) {
        continue;
      }
      const [low, high] = [halves[2 * row] ?? 0, halves[2 * row + 1] ?? 0];
      const bytes = kind === TOO_LARGE_KIND ? high * WORD + low : high;
      const bucket = 32 - Math.clz32(Math.min(bytes, WORD - 1));
      this.#histogram[bucket] = (this.#histogram[bucket] ?? 0) + 1;
      this.#values += 1;
      this.#bytes += bytes;
      if (bytes > (this.#longest?.bytes ?? -1)) {
        this.#longest = { file, rowid: String(rowids[row] ?? 0n), bytes };
      }
    }
  }

  get facts(): LengthFacts {
    const last = this.#histogram.findLastIndex((values) => values > 0);
    return {
      values: this.#values,
      bytes: this.#bytes,
      longest: this.#longest,
      histogram: Array.from(this.#histogram.subarray(0, last + 1)),
    };
  }
}

/** Values that may be longer than so many bytes: those that are, and the rest of their bucket. */
export function mayExceed({ histogram }: Pick<LengthFacts, "histogram">, bytes: number): number {
  return histogram.reduce(
    (sum, values, bucket) => (2 ** bucket - 1 > bytes ? sum + values : sum),
    0,
  );
}
