// Rows for the tests of Redis entries, and a dull encoder of their commands.
import fc from "fast-check";
import type { EntryOptions } from "../../src/redis/resp.js";
import { makeSinkBatch, type SinkBatch } from "../../src/sink/sink-batch.js";

export interface EntryRow {
  readonly level: number;
  readonly code: bigint;
  readonly material: number | null;
  readonly homogeneity: number;
  readonly mask: number;
  readonly lastModified: bigint;
}

/** A block as the loader's native side makes it. */
export function batchOf(rows: readonly EntryRow[]): SinkBatch {
  const batch = makeSinkBatch(rows.length, 0);
  for (const [i, row] of rows.entries()) {
    batch.tiles[i] = row.code >> 15n;
    batch.cells[i] = Number(row.code & 0x7fffn);
    batch.levels[i] = row.level;
    batch.materials[i] = row.material ?? 0;
    batch.noMaterials[i] = row.material === null ? 1 : 0;
    batch.homogeneities[i] = row.homogeneity;
    batch.masks[i] = row.mask;
    batch.lastModified[i] = row.lastModified;
  }
  return batch;
}

/** Any pattern of bits above 0 and up to 1. */
const anyHomogeneity = fc
  .oneof(fc.integer({ min: 1, max: 0x3f80_0000 }), fc.constant(0x3f80_0000))
  .map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 1);

export const anyEntryRow: fc.Arbitrary<EntryRow> = fc.integer({ min: 0, max: 26 }).chain((level) =>
  fc.record({
    level: fc.constant(level),
    code: fc.bigInt({ min: 0n, max: 8n ** BigInt(level) - 1n }),
    material: fc.option(fc.integer(), { freq: 3, nil: null }),
    homogeneity: anyHomogeneity,
    mask: fc.nat({ max: 255 }),
    lastModified: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
);

export const anyPrefix: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.constantFrom("octree:", "", "{tag}", "a {b}\r\n$1\r\n", "é{}🜁{x}", "open{", "}{"),
  fc.string({ maxLength: 40, unit: "binary" }),
  fc.uint8Array({ maxLength: 300 }),
);

/**
 * The shortest text of a float32 up to 1: of the decimals with the fewest digits that read back as
 * it the nearest, of two as near the even one. The layout is JavaScript's own.
 */
export function float32Text(value: number): string {
  for (let precision = 1; precision < 10; precision++) {
    const { numbers, power } = candidates(value, precision);
    const distance = (number: bigint) => {
      const difference = number * 2n ** 149n - BigInt(value * 2 ** 149) * 10n ** BigInt(-power);
      return difference < 0n ? -difference : difference;
    };
    const [nearest] = numbers
      .filter((number) => Math.fround(Number(`${number}e${power}`)) === value)
      .sort((a, b) => Number(distance(a) - distance(b)) || Number((a & 1n) - (b & 1n)));
    // A double has room for these digits, and needs no more.
    if (nearest !== undefined) return String(Number(`${nearest}e${power}`));
  }
  throw new Error(`${value} is no float32`);
}

/**
 * The decimals of so many digits beside a value, `numbers` times 10^`power`: below a power of two
 * the nearest one may be a neighbour's, and one a little farther up the value's.
 */
function candidates(value: number, precision: number): { numbers: bigint[]; power: number } {
  const [digits = "", exponent = ""] = value.toExponential(precision - 1).split("e");
  const whole = BigInt(digits.replace(".", ""));
  return { numbers: [whole - 1n, whole, whole + 1n], power: Number(exponent) - precision + 1 };
}

export function prefixBytes({ prefix = "octree:" }: EntryOptions): Buffer {
  return Buffer.from(prefix);
}

export function keyOf(row: EntryRow, options: EntryOptions): Buffer {
  return Buffer.concat([prefixBytes(options), Buffer.from(`${row.level}:${row.code}`)]);
}

/** An array of bulk strings. */
export function commandOf(parts: readonly (string | Buffer)[]): Buffer {
  const strings = parts.map((part) => {
    const bytes = Buffer.from(part);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
  });
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...strings]);
}

/** Of the rows of one command, or of one row in the plain form. */
export function commandsOf(rows: readonly EntryRow[], options: EntryOptions): Buffer[] {
  const { form, wtsUs, ttlS } = options;
  const keys = rows.map((row) => keyOf(row, options));
  if (form.kind === "plain") {
    return rows.flatMap((row, i) => plainCommands(row, keys[i] ?? Buffer.of(), options));
  }
  const name = form.kind === "function" ? ["FCALL", form.name] : ["EVALSHA", form.sha];
  const values = rows.flatMap((row) => [
    ...[`${row.lastModified}`, float32Text(row.homogeneity), `${row.mask}`],
    row.material === null ? "" : `${row.material}`,
  ]);
  return [commandOf([...name, `${rows.length}`, ...keys, `${wtsUs}`, `${ttlS}`, ...values])];
}

function plainCommands(row: EntryRow, key: Buffer, { wtsUs, ttlS }: EntryOptions): Buffer[] {
  const material = row.material === null ? [] : ["material_id", `${row.material}`];
  const fields = [
    ...["homogeneity", float32Text(row.homogeneity), "children_mask", `${row.mask}`],
    ...["last_modified", `${row.lastModified}`, "wts", `${wtsUs}`, ...material],
  ];
  return [
    commandOf(["HSET", key, ...fields]),
    ...(row.material === null ? [commandOf(["HDEL", key, "material_id"])] : []),
    commandOf(["EXPIRE", key, `${ttlS}`]),
  ];
}

/** Redis cluster specification, hash tags and CRC16; a bit at a time. */
export function dullSlot(key: Buffer): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open);
  const part = close > open + 1 ? key.subarray(open + 1, close) : key;
  let crc = 0;
  for (const byte of part) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc % 16_384;
}
