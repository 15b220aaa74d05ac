import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameBuffer, type Frames, frameAt } from "../../src/cassandra/frame-buffer.js";
import {
  encodeFrames,
  encodeFramesAsync,
  type FrameOptions,
  insertRowCql,
  MAX_FRAME_ROWS,
} from "../../src/cassandra/frames.js";
import type { Layout } from "../../src/encoding/layout.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { cutRows, mutationBytes, setOf } from "./cut-rows.js";
import { driverFrame } from "./driver-frame.js";
import { parseFrame, type Request } from "./parse-frame.js";
import { anyRing, anyRows, batchOf, type Row } from "./row-batches.js";

const layouts = ["node", "tile"] as const;

const usual: FrameOptions = {
  layout: "node",
  preparedId: Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i),
  consistency: 6,
  timestampUs: 1_700_000_000_000_000n,
  nullAs: "null",
  maxRows: 32,
  maxMutationBytes: 5120,
  ring: { boundaries: BigInt64Array.of(0n), replicaSetOf: Uint32Array.of(0) },
};

const anyCase = fc.constantFrom(...layouts).chain((layout) =>
  fc.record({
    rows: anyRows(layout),
    options: fc.record({
      layout: fc.constant(layout),
      preparedId: fc.uint8Array({ minLength: 1, maxLength: 32 }),
      // Not ANY, 0, which the driver takes for a level that was not given.
      consistency: fc.integer({ min: 1, max: 10 }),
      timestampUs: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      nullAs: fc.constantFrom("null", "unset"),
      maxRows: fc.integer({ min: 1, max: 40 }),
      maxMutationBytes: fc.nat({ max: 8000 }),
      ring: anyRing,
    }),
  }),
);

function framesOf(frames: Frames): Uint8Array[] {
  return Array.from({ length: frames.count }, (_, i) => frameAt(frames, i));
}

function rowsOf(count: number, row: Partial<Row> = {}): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ level: 9, code: BigInt(i), material: i, homogeneity: 0.5, mask: i % 256 },
    ...{ envelope: new Uint8Array(100).fill(i), lastModified: BigInt(i) },
    ...row,
  }));
}

/** What a server is to read. */
function requestOf(rows: readonly Row[], options: FrameOptions): Request {
  const isBatch = rows.length > 1;
  const id = Buffer.from(options.preparedId).toString("hex");
  const missing = options.nullAs === "unset" ? undefined : null;
  return {
    ...{ version: 4, flags: 0, stream: 0, kind: isBatch ? "BATCH" : "EXECUTE" },
    ...{ type: isBatch ? 1 : undefined, ids: rows.map(() => id) },
    rows: rows.map((row) => ({ ...row, material: row.material ?? missing })),
    ...{ consistency: options.consistency, options: isBatch ? 0x20 : 0x21 },
    timestamp: options.timestampUs,
  };
}

describe("encodeFrames", () => {
  it("writes what a server reads as the rows, cut where it should be", () => {
    fc.assert(
      fc.property(anyCase, ({ rows, options }) => {
        const frames = framesOf(encodeFrames(batchOf(rows), options));
        const requests = frames.map((frame) => parseFrame(frame, options.layout));
        expect(requests).toEqual(cutRows(rows, options).map((rows) => requestOf(rows, options)));
      }),
      runs(150),
    );
  });

  it("says which rows a frame holds, whose they are, and what the server counts", () => {
    fc.assert(
      fc.property(anyCase, ({ rows, options }) => {
        const frames = encodeFrames(batchOf(rows), options);
        const groups = cutRows(rows, options);
        const ends = groups.map((_, i) => groups.slice(0, i + 1).flat().length);
        expect([...frames.rows]).toEqual(groups.map(({ length }) => length));
        expect([...frames.firstRows]).toEqual([0, ...ends].slice(0, groups.length));
        expect([...frames.mutationBytes]).toEqual(
          groups.map((rows) => mutationBytes(rows, options)),
        );
        expect([...frames.replicaSets]).toEqual(groups.map(([row]) => setOf(row, options)));
      }),
      runs(100),
    );
  });

  it("writes the very bytes that the driver would", () => {
    fc.assert(
      fc.property(anyCase, ({ rows, options }) => {
        const frames = encodeFrames(batchOf(rows), options);
        const expected = cutRows(rows, options).map((group) => driverFrame(group, options));
        expect(framesOf(frames).map(hexOf)).toEqual(expected.map(hexOf));
        expect(hexOf(frames.bytes)).toBe(expected.map(hexOf).join(""));
      }),
      runs(150),
    );
  });

  it("encodes a part of a batch as it would encode a batch of that part", () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), fc.nat(), ({ rows, options }, a, b) => {
        const begin = a % (rows.length + 1);
        const end = begin + (b % (rows.length - begin + 1));
        const part = encodeFrames(batchOf(rows), { ...options, begin, end });
        const alone = encodeFrames(batchOf(rows.slice(begin, end)), options);
        expect(hexOf(part.bytes)).toBe(hexOf(alone.bytes));
        expect([...part.firstRows]).toEqual([...alone.firstRows].map((row) => row + begin));
        expect([...part.rows]).toEqual([...alone.rows]);
      }),
      runs(60),
    );
  });

  it("is the same on libuv's pool", async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ rows, options }) => {
        const batch = batchOf(rows);
        expect(await encodeFramesAsync(batch, options)).toEqual(encodeFrames(batch, options));
      }),
      runs(40),
    );
  });

  it("uses its memory again", () => {
    const out = new FrameBuffer();
    encodeFrames(batchOf(rowsOf(500)), { ...usual, out });
    const { bytes, table } = out;
    const fewer = encodeFrames(batchOf(rowsOf(40)), { ...usual, out });
    expect(out.bytes).toBe(bytes);
    expect(out.table).toBe(table);
    expect(fewer).toEqual(encodeFrames(batchOf(rowsOf(40)), usual));
    encodeFrames(batchOf(rowsOf(900)), { ...usual, out });
    expect(out.bytes.length).toBeGreaterThan(bytes.length);
  });

  it("counts more statements than fifteen bits hold", () => {
    const [row] = rowsOf(1, { envelope: new Uint8Array(0) });
    const rows = Array.from({ length: 70_000 }, () => row).filter((one) => one !== undefined);
    const options = { ...usual, maxRows: MAX_FRAME_ROWS, maxMutationBytes: 2 ** 28 };
    const frames = encodeFrames(batchOf(rows), options);
    expect([...frames.rows]).toEqual([65_535, 4465]);
    // Behind the header and the batch's type.
    const counts = framesOf(frames).map((frame) => Buffer.from(frame).readUInt16BE(10));
    expect(counts).toEqual([65_535, 4465]);
    expect(hexOf(frameAt(frames, 1))).toBe(hexOf(driverFrame(rows.slice(65_535), options)));
  });

  it("names the row that has no key in the layout", async () => {
    const rows = rowsOf(300).map((row, i) => (i === 280 ? { ...row, level: 22 } : row));
    const tooDeep = { code: "LEVEL_TOO_DEEP", message: expect.stringContaining("row 280 ") };
    expect(refusalOf(() => encodeFrames(batchOf(rows), usual))).toMatchObject(tooDeep);
    const rejected = await rejectionOf(encodeFramesAsync(batchOf(rows), usual));
    expect(rejected).toMatchObject(tooDeep);
    expect(encodeFrames(batchOf(rows), { ...usual, layout: "tile" }).count).toBeGreaterThan(0);
    const rest = { ...usual, begin: 281 };
    expect(encodeFrames(batchOf(rows), rest).firstRows[0]).toBe(281);
    const wrong = rowsOf(3).map((row, i) => (i === 1 ? { ...row, level: 1, code: 8n } : row));
    const badKey = { code: "CODE_OUT_OF_RANGE", message: expect.stringContaining("row 1 ") };
    expect(refusalOf(() => encodeFrames(batchOf(wrong), usual))).toMatchObject(badKey);
  });

  it.each<[string, Partial<FrameOptions>]>([
    ["ARG_RANGE", { maxRows: 0 }],
    ["ARG_RANGE", { maxRows: 65_536 }],
    ["ARG_RANGE", { maxRows: 1.5 }],
    ["ARG_RANGE", { maxMutationBytes: 2 ** 28 + 1 }],
    ["ARG_RANGE", { consistency: -1 }],
    ["ARG_RANGE", { timestampUs: -1n }],
    ["ARG_RANGE", { timestampUs: 2n ** 63n }],
    ["ARG_RANGE", { preparedId: new Uint8Array(0) }],
    ["ARG_RANGE", { preparedId: new Uint8Array(33) }],
    ["ARG_RANGE", { ring: { boundaries: new BigInt64Array(), replicaSetOf: new Uint32Array() } }],
    ["ARG_LENGTH", { ring: { ...usual.ring, replicaSetOf: new Uint32Array(2) } }],
    ["ARG_RANGE", { end: 4 }],
    ["ARG_RANGE", { begin: 3, end: 2 }],
  ])("throws %s for %o", (code, wrong) => {
    const call = () => encodeFrames(batchOf(rowsOf(3)), { ...usual, ...wrong });
    expect(refusalOf(call)).toMatchObject({ code });
  });

  it("refuses a block that is none", () => {
    const block = new ArrayBuffer(64);
    const call = () => encodeFrames({ block, rows: 0 }, usual);
    expect(refusalOf(call)).toMatchObject({ code: "ARG_RANGE" });
  });
});

describe("frameAt", () => {
  it("refuses a frame that is not there", () => {
    const frames = encodeFrames(batchOf(rowsOf(1)), usual);
    expect(frameAt(frames, 0).length).toBe(frames.lengths[0]);
    expect(() => frameAt(frames, 1)).toThrow(RangeError);
  });
});

describe("insertRowCql", () => {
  it("has the markers in the order that frames fill them in", () => {
    const statements: Record<Layout, string> = {
      node: "octree_nodes (morton_code, level, material_id, homogeneity, children_mask, compressed_data, last_modified) VALUES (?, ?, ?, ?, ?, ?, ?)",
      tile: "octree_tiles (level, tile, cell, material_id, homogeneity, children_mask, compressed_data, last_modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    };
    for (const layout of layouts) {
      expect(insertRowCql("Earth", layout)).toBe(`INSERT INTO "Earth".${statements[layout]}`);
    }
  });
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
