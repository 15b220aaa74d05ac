import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { DigestWords } from "../native/digest-addon.js";
import { engine } from "./kernel.js";
import { callNative } from "./native-call.js";

/** Of the cells whose codes number the ranges; kRangeLevel of native/digest/digest_set.h. */
export const RANGE_LEVEL = 4;

const WORDS = 6;
const BYTES = 8 * WORDS;
const RANGES = 8n ** BigInt(RANGE_LEVEL);
const MODULUS = 1n << 256n;

/** The rows of one Morton range. */
export interface RangeDigest {
  /** Code of the range's cell at RANGE_LEVEL, 0 to 4095. */
  readonly range: number;
  readonly rows: number;
  /** The sum of the rows' digests modulo 2^256: 64 hexadecimal digits. */
  readonly sum: string;
}

/** As JSON holds a set. */
export interface DigestJson {
  readonly rangeLevel: number;
  readonly rows: number;
  readonly root: string;
  readonly ranges: readonly RangeDigest[];
}

/**
 * What a set of rows is, as docs/digest.md defines it: by Morton range the number of rows and the
 * sum of their digests. Order does not matter; sets of different rows add up. Immutable.
 */
export class DigestSet {
  static readonly empty = new DigestSet(new BigUint64Array());
  readonly #words: DigestWords;

  /** Internal: of the addon's words, which are known to be a set. */
  constructor(words: DigestWords) {
    this.#words = words;
  }

  /** @throws OctoloadError DIGEST_INVALID where the bytes are not those of a set */
  static fromBytes(bytes: Uint8Array): DigestSet {
    if (bytes.length % BYTES !== 0) {
      throw invalid(`a set of digests has ${BYTES} bytes a range, got ${bytes.length}`);
    }
    // A copy: a buffer that a database gave need not be aligned.
    return checked(new BigUint64Array(Uint8Array.from(bytes).buffer));
  }

  /** @throws OctoloadError DIGEST_INVALID */
  static fromJson(json: DigestJson): DigestSet {
    if (json.rangeLevel !== RANGE_LEVEL) {
      throw invalid(`rangeLevel must be ${RANGE_LEVEL}, got ${describeValue(json.rangeLevel)}`);
    }
    const words = new BigUint64Array(WORDS * json.ranges.length);
    for (const [i, { range, rows, sum }] of json.ranges.entries()) {
      if (!/^[0-9a-f]{64}$/.test(sum)) throw invalid(`no sum of digests: ${describeValue(sum)}`);
      words.set([BigInt(range), BigInt(rows), ...wordsOf(BigInt(`0x${sum}`))], WORDS * i);
    }
    const set = checked(words);
    if (set.root === json.root && set.rows === json.rows) return set;
    throw invalid("the ranges do not add up to the root");
  }

  get rows(): number {
    let rows = 0n;
    for (let at = 1; at < this.#words.length; at += WORDS) rows += this.#words[at] ?? 0n;
    return Number(rows);
  }

  /** The sum over all ranges: 64 hexadecimal digits. */
  get root(): string {
    let sum = 0n;
    for (let at = 0; at < this.#words.length; at += WORDS) sum += this.#sumAt(at);
    return hex(sum % MODULUS);
  }

  /** Those that have rows, ascending. */
  get ranges(): RangeDigest[] {
    return Array.from({ length: this.rangeCount }, (_, i) => {
      const at = i * WORDS;
      const [range = 0n, rows = 0n] = this.#words.subarray(at, at + 2);
      return { range: Number(range), rows: Number(rows), sum: hex(this.#sumAt(at)) };
    });
  }

  get rangeCount(): number {
    return this.#words.length / WORDS;
  }

  get byteLength(): number {
    return this.#words.byteLength;
  }

  /** A copy, to store it; 48 bytes a range. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#words.slice().buffer);
  }

  /** The rows of both; a row that is in both counts twice. */
  plus(other: DigestSet): DigestSet {
    return combine(this.#words, other.#words, false);
  }

  /** @throws OctoloadError DIGEST_INVALID where the other's rows cannot all be in this one */
  minus(other: DigestSet): DigestSet {
    return combine(this.#words, other.#words, true);
  }

  /** Whether both are of the same rows. */
  equals(other: DigestSet): boolean {
    return (
      this.#words.length === other.#words.length &&
      this.#words.every((word, i) => word === other.#words[i])
    );
  }

  /** The ranges where the two differ, ascending. */
  differingRanges(other: DigestSet): number[] {
    const shown = ({ range, rows, sum }: RangeDigest): [number, string] => [
      range,
      `${rows} ${sum}`,
    ];
    const own = new Map(this.ranges.map(shown));
    const others = new Map(other.ranges.map(shown));
    const all = new Set([...own.keys(), ...others.keys()]);
    return [...all].filter((range) => own.get(range) !== others.get(range)).sort((a, b) => a - b);
  }

  toJSON(): DigestJson {
    const { rows, root, ranges } = this;
    return { rangeLevel: RANGE_LEVEL, rows, root, ranges };
  }

  #sumAt(at: number): bigint {
    const [low = 0n, second = 0n, third = 0n, high = 0n] = this.#words.subarray(at + 2, at + WORDS);
    return low | (second << 64n) | (third << 128n) | (high << 192n);
  }
}

/**
 * The range of a cell: the code at RANGE_LEVEL of the cell that holds its min corner. Cells of
 * RANGE_LEVEL and below lie in one range, one above stands in the first of its own.
 */
export function rangeOf(code: bigint, level: number): number {
  const shift = 3n * BigInt(level - RANGE_LEVEL);
  return Number(shift >= 0n ? code >> shift : code << -shift);
}

function checked(words: DigestWords): DigestSet {
  for (let at = 0, last = -1n; at < words.length; at += WORDS) {
    const [range = 0n, rows = 0n] = words.subarray(at, at + 2);
    if (range <= last || range >= RANGES || rows === 0n) {
      throw invalid(`range ${range} of ${rows} rows after range ${last}`);
    }
    last = range;
  }
  return new DigestSet(words);
}

function combine(a: DigestWords, b: DigestWords, isDifference: boolean): DigestSet {
  const words = callNative<DigestWords | null>(engine().addon.combineDigests, {
    args: [a, b, isDifference, false],
    names: ["a", "b", "isDifference", ""],
    firstOutput: 4,
  });
  if (words !== null) return new DigestSet(words);
  throw invalid("rows were to be taken from a set that does not have them");
}

function wordsOf(sum: bigint): bigint[] {
  return [0n, 64n, 128n, 192n].map((shift) => BigInt.asUintN(64, sum >> shift));
}

function hex(sum: bigint): string {
  return sum.toString(16).padStart(64, "0");
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("DIGEST_INVALID", fault);
}
