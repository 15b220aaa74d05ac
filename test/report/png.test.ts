import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rgb } from "../../src/report/color-ramp.js";
import { encodePng } from "../../src/report/png.js";
import { runs } from "../support/seed.js";

/** Bit by bit, from the definition. */
function dullCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** The chunks of a PNG file, each checked. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  expect(png.subarray(0, 8).toString("latin1")).toBe("\u0089PNG\r\n\u001a\n");
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const typed = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(dullCrc32(typed));
    chunks.set(typed.toString("latin1", 0, 4), typed.subarray(4));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
  return chunks;
}

const color = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)) as fc.Arbitrary<Rgb>;

describe("encodePng", () => {
  it("holds every pixel, whatever the image", () => {
    const image = fc
      .record({
        width: fc.integer({ min: 1, max: 40 }),
        height: fc.integer({ min: 1, max: 20 }),
        palette: fc.array(color, { minLength: 1, maxLength: 256 }),
      })
      .chain((shape) => {
        const index = fc.nat(shape.palette.length - 1);
        const length = shape.width * shape.height;
        return fc.record({
          shape: fc.constant(shape),
          transparentIndex: index,
          pixels: fc.array(index, { minLength: length, maxLength: length }),
        });
      });
    fc.assert(
      fc.property(image, ({ shape, transparentIndex, pixels }) => {
        const { width, height, palette } = shape;
        const bytes = Uint8Array.from(pixels);
        const chunks = chunksOf(encodePng({ ...shape, pixels: bytes, transparentIndex }));
        const header = chunks.get("IHDR");
        expect([header?.readUInt32BE(0), header?.readUInt32BE(4)]).toEqual([width, height]);
        expect([...(header?.subarray(8) ?? [])]).toEqual([8, 3, 0, 0, 0]);
        expect([...(chunks.get("PLTE") ?? [])]).toEqual(palette.flat());
        const alpha = palette.map((_, i) => (i === transparentIndex ? 0 : 255));
        expect([...(chunks.get("tRNS") ?? [])]).toEqual(alpha);
        const lines = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
        expect(lines.length).toBe((width + 1) * height);
        const shown = [...lines].filter((_, i) => i % (width + 1) !== 0);
        expect(shown).toEqual(pixels);
      }),
      runs(60),
    );
  });

  it("refuses what is no image", () => {
    const palette: Rgb[] = [[1, 2, 3]];
    const pixels = new Uint8Array(6);
    expect(() => encodePng({ width: 2, height: 2, pixels, palette })).toThrow(RangeError);
    expect(() => encodePng({ width: 0, height: 0, pixels, palette })).toThrow(RangeError);
    expect(() => encodePng({ width: 3, height: 2, pixels, palette: [] })).toThrow(RangeError);
  });
});
