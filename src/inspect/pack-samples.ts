import type { Samples } from "../encoding/dictionary.js";

/** Values one after the other, as a dictionary is trained on them. */
export function packSamples(values: readonly Uint8Array[]): Samples {
  const offsets = new Uint32Array(values.length + 1);
  for (const [i, value] of values.entries()) {
    offsets[i + 1] = (offsets[i] ?? 0) + value.length;
  }
  return { bytes: new Uint8Array(Buffer.concat(values)), offsets };
}
