import { describe, expect, it } from "vitest";
import {
  decodeEnvelopesAsync,
  encodeAsync,
  encodeEnvelopes,
  encodeEnvelopesAsync,
  makeDecodedRows,
  tokensAsync,
} from "../../src/index.js";
import { rejectionOf } from "../support/rejection-of.js";

const count = 3;
const axis = () => new Float64Array(count);
const points = () => ({ x: axis(), y: axis(), z: axis() });
const rows = () => ({ ...points(), level: 0, codes: new BigUint64Array(count) });

/** Takes the memory away while the pool works on it, or just after. */
function transfer(array: ArrayBufferView): void {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
}

const codesOut = () => ({
  codes: new BigUint64Array(count),
  status: new Uint8Array(count),
});
const envelopesOut = () => ({
  bytes: new Uint8Array(4096),
  offsets: new Uint32Array(count + 1),
  status: new Uint8Array(count),
});

describe("an output transferred away while the pool works", () => {
  it.each(["codes", "status"] as const)("is refused: encodeAsync, %s", async (name) => {
    const out = codesOut();
    const job = encodeAsync(points(), 3, { out });
    transfer(out[name]);
    expect((await rejectionOf(job)).code).toBe("ARG_DETACHED");
  });

  it("is refused: tokensAsync", async () => {
    const out = new BigInt64Array(count);
    const job = tokensAsync(new BigUint64Array(count), { out });
    transfer(out);
    expect((await rejectionOf(job)).code).toBe("ARG_DETACHED");
  });

  it.each(["bytes", "offsets", "status"] as const)(
    "is refused: encodeEnvelopesAsync, %s",
    async (name) => {
      const out = envelopesOut();
      const job = encodeEnvelopesAsync(rows(), { out });
      transfer(out[name]);
      expect((await rejectionOf(job)).code).toBe("ARG_DETACHED");
    },
  );

  it.each(["x", "columnSets", "status"] as const)(
    "is refused: decodeEnvelopesAsync, %s",
    async (name) => {
      const { bytes, offsets } = encodeEnvelopes(rows());
      const out = makeDecodedRows(count, 64);
      const job = decodeEnvelopesAsync({ ...rows(), bytes, offsets }, { out });
      transfer(out[name]);
      expect((await rejectionOf(job)).code).toBe("ARG_DETACHED");
    },
  );

  it("is refused: decodeEnvelopesAsync, the slots of a column", async () => {
    const { bytes, offsets } = encodeEnvelopes(rows());
    const out = makeDecodedRows(count, 64);
    const job = decodeEnvelopesAsync({ ...rows(), bytes, offsets }, { out });
    transfer(out.metadata.slots);
    expect((await rejectionOf(job)).code).toBe("ARG_DETACHED");
  });
});
