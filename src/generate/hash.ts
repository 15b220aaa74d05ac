/** A seed as two 32-bit words, so that every safe integer is a seed of its own. */
export interface SeedWords {
  readonly low: number;
  readonly high: number;
}

export function seedWords(seed: number): SeedWords {
  return { low: seed >>> 0, high: Math.floor(seed / 2 ** 32) >>> 0 };
}

/**
 * Finalizer of MurmurHash3 (32 bit): every bit of the input moves about half of
 * the output's. Integer arithmetic only, so it is the same on every machine.
 */
export function mix(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Hash of a cell (its indices and level) and a seed: 32 bits, all random content starts here. */
export function hashCell(i: number, j: number, k: number, level: number, seed: SeedWords): number {
  let hash = mix(seed.low ^ Math.imul(seed.high, 0x9e3779b1) ^ Math.imul(level + 1, 0x85ebca77));
  hash = mix(hash ^ Math.imul(i, 0xc2b2ae3d));
  hash = mix(hash ^ Math.imul(j, 0x27d4eb2f));
  return mix(hash ^ Math.imul(k, 0x165667b1));
}

/** The n-th further hash of a cell's hash. */
export function rehash(hash: number, n: number): number {
  return mix(hash ^ Math.imul(n + 1, 0x9e3779b1));
}

/** A hash as a number in [0, 1). */
export function unit(hash: number): number {
  return hash / 2 ** 32;
}

/** A stream of random numbers in [0, 1), for shuffling. */
export function randomStream(seed: SeedWords, stream: number): () => number {
  let counter = 0;
  const start = mix(mix(seed.low ^ 0x51ed270b) ^ seed.high ^ Math.imul(stream + 1, 0x9e3779b1));
  return () => unit(mix(mix(start + counter++) ^ start));
}
