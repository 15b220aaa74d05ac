import { describe, expect, it } from "vitest";
import { firstKeyOf } from "../../src/cassandra/dispatch/frame-key.js";
import { frameAt } from "../../src/cassandra/frame-buffer.js";
import { encodeFrames, type FrameOptions } from "../../src/cassandra/frames.js";
import { batchOf, type Row } from "../cassandra-frames/row-batches.js";

const options: Omit<FrameOptions, "layout" | "maxRows"> = {
  preparedId: Uint8Array.from({ length: 16 }, (_, at) => at),
  consistency: 6,
  timestampUs: 1n,
  nullAs: "unset",
  maxMutationBytes: 1e6,
  ring: { boundaries: BigInt64Array.of(0n), replicaSetOf: Uint32Array.of(0) },
};

function rowOf(code: bigint): Row {
  return {
    ...{ level: 12, code, material: null, homogeneity: 0.5, mask: 200 },
    ...{ envelope: new Uint8Array(30), lastModified: 5n },
  };
}

const code = 0x5_4321_8765n;
const rows = [rowOf(code), rowOf(code + 1n)];

describe("firstKeyOf", () => {
  it.each([1, 2])("reads a frame of layout node with up to %i rows", (maxRows) => {
    const frames = encodeFrames(batchOf(rows), { ...options, layout: "node", maxRows });
    expect(firstKeyOf(frameAt(frames, 0), "node")).toEqual([code, 12]);
  });

  it.each([1, 2])("reads a frame of layout tile with up to %i rows", (maxRows) => {
    const frames = encodeFrames(batchOf(rows), { ...options, layout: "tile", maxRows });
    const key = [12, code >> 15n, Number(code & 0x7fffn)];
    expect(firstKeyOf(frameAt(frames, 0), "tile")).toEqual(key);
  });
});
