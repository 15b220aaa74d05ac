const word = new DataView(new ArrayBuffer(8));

/** The bits of a double, so that NaN equals NaN and -0 differs from 0. */
export function bitsOf(value: number): bigint {
  word.setFloat64(0, value);
  return word.getBigUint64(0);
}

export function doubleOf(bits: bigint): number {
  word.setBigUint64(0, BigInt.asUintN(64, bits));
  return word.getFloat64(0);
}

/** The double `steps` representable values above (below, if negative) a finite one. */
export function stepped(value: number, steps: number): number {
  const order = orderOf(bitsOf(value)) + BigInt(steps);
  return doubleOf(order < 0n ? (1n << 63n) - order : order);
}

/** Doubles sort as these integers do; both zeros are 0. */
function orderOf(bits: bigint): bigint {
  const magnitude = bits & ((1n << 63n) - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}
