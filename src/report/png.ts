import { deflateSync } from "node:zlib";
import type { Rgb } from "./color-ramp.js";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Eight bits a pixel, each an index of the palette; deflate, filters, not interlaced. */
const FORMAT = Buffer.from([8, 3, 0, 0, 0]);
const MAX_COLORS = 256;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  /** `width * height` indices of the palette, row by row from the top. */
  readonly pixels: Uint8Array;
  /** At most 256. */
  readonly palette: readonly Rgb[];
  /** An index that is fully transparent. */
  readonly transparentIndex?: number;
}

/** A PNG file: https://www.w3.org/TR/png-3/ */
export function encodePng({
  width,
  height,
  pixels,
  palette,
  transparentIndex,
}: IndexedImage): Buffer {
  if (width < 1 || height < 1 || pixels.length !== width * height) {
    throw new RangeError(`${pixels.length} pixels are no image of ${width} x ${height}`);
  }
  if (palette.length < 1 || palette.length > MAX_COLORS) {
    throw new RangeError(`a palette has 1 to ${MAX_COLORS} colours, got ${palette.length}`);
  }
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  const alpha = Buffer.alloc(palette.length, 255);
  if (transparentIndex !== undefined) alpha[transparentIndex] = 0;
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", Buffer.concat([size, FORMAT])),
    chunk("PLTE", Buffer.from(palette.flat())),
    chunk("tRNS", alpha),
    chunk("IDAT", deflateSync(scanlines(pixels, width, height))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Each line begins with its filter's number: 0, none. */
function scanlines(pixels: Uint8Array, width: number, height: number): Buffer {
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  return lines;
}

/** Length, type, data, and the CRC-32 of type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(12 + data.length);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, "latin1");
  data.copy(framed, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + data.length)), 8 + data.length);
  return framed;
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
