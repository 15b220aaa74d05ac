import { createHash } from "node:crypto";
import {
  decode,
  decodeTiles,
  encode,
  encodeTiles,
  frames,
  tileTokens,
  tokens,
} from "../../src/index.js";

const rows = 5000;

function spread(seed: number, reach: number): Float64Array {
  return Float64Array.from(
    { length: rows },
    (_, i) => (2 * ((seed + i * 0.618_033_988_749_894_9) % 1) - 1) * reach,
  );
}

/**
 * One hash over the results of a fixed batch, good rows and bad, by the public
 * functions: whoever computes it, in whatever thread and on whatever kernel,
 * gets the same.
 */
export function batchDigest(): string {
  const points = { x: spread(0.1, 20.5e6), y: spread(0.2, 10.2e6), z: spread(0.3, 10.2e6) };
  const level = Uint8Array.from({ length: rows }, (_, i) => i % 28);
  const whole = encode(points, level);
  const split = encodeTiles(points, level, { frame: frames.bluemarble });
  const middle = decode(whole.codes, level);
  const corner = decodeTiles(split.tiles, split.cells, level, { corner: "max" });
  const hash = createHash("sha256");
  for (const batch of [whole, split, middle, corner]) {
    for (const part of Object.values(batch)) {
      if (typeof part === "number") hash.update(String(part));
      else hash.update(new Uint8Array(part.buffer));
    }
  }
  hash.update(tokens(whole.codes)).update(tileTokens(level, split.tiles));
  return hash.digest("hex");
}
