const MASK = (1n << 64n) - 1n;

/** splitmix64 (Steele, Lea, Flood 2014): 64 bits a call, the same on any machine. */
function splitMix64(seed: bigint): () => bigint {
  let state = seed & MASK;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let bits = state;
    bits = ((bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    bits = ((bits ^ (bits >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return bits ^ (bits >> 31n);
  };
}

/**
 * `count` different numbers of 0..total-1, ascending, every set of them equally likely; all numbers
 * where there are no more. The same seed gives the same numbers anywhere (Floyd's algorithm).
 */
export function randomRanks(count: number, total: number, seed: number): readonly number[] {
  const random = splitMix64(BigInt(seed));
  const chosen = new Set<number>();
  for (let last = Math.max(0, total - count); last < total; last += 1) {
    const rank = Number((random() * BigInt(last + 1)) >> 64n);
    chosen.add(chosen.has(rank) ? last : rank);
  }
  return [...chosen].sort((left, right) => left - right);
}
