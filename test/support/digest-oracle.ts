import { createHash } from "node:crypto";
import type { RangeDigest } from "../../src/encoding/digest-set.js";
import type { LoadedRow } from "./load-oracle.js";
import type { StoredValue } from "./source-tables.js";

/**
 * docs/digest.md over what SQLite says of a source's rows, with node:crypto: shares no code with
 * the native digests.
 */

const classes = { absent: 0, integer: 1, real: 2, text: 3, blob: 4, null: 5 } as const;
const columns: readonly string[] = [
  ...["id", "x", "y", "z", "level", "materialid", "density", "metadata", "created"],
];
const MODULUS = 1n << 256n;

/** A row that is loaded, and its coordinates where a column is not itself one. */
export interface DigestedRow extends Omit<LoadedRow, "lastModified"> {
  readonly point?: readonly [number, number, number];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function valueBytes(kind: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([kind, ...varint(content.length)]), content]);
}

function numberBytes(value: bigint | number): Buffer {
  const content = Buffer.alloc(8);
  if (typeof value === "bigint") content.writeBigInt64LE(value);
  else content.writeDoubleLE(value);
  return valueBytes(typeof value === "bigint" ? classes.integer : classes.real, content);
}

function storedBytes(value: StoredValue | undefined): Buffer {
  if (value === undefined) return valueBytes(classes.absent, new Uint8Array());
  if (value.kind === "null") return valueBytes(classes.null, new Uint8Array());
  return value.value === null
    ? valueBytes(classes[value.kind], value.bytes)
    : numberBytes(value.value);
}

/** What stands behind a column whose value is not itself the number. */
function readBytes(row: DigestedRow, column: string): Buffer {
  const kind = row.source.column(column)?.kind;
  if (kind !== undefined && kind !== "text" && kind !== "blob") return Buffer.alloc(0);
  const axis = ["x", "y", "z"].indexOf(column);
  if (axis >= 0) return numberBytes(row.point?.[axis] ?? Number.NaN);
  if (column !== "materialid") return Buffer.alloc(0);
  const nothing = valueBytes(classes.null, new Uint8Array());
  return row.materialId === null ? nothing : numberBytes(BigInt(row.materialId));
}

function extrasBytes(row: DigestedRow): Buffer {
  const extras = [...row.source.row.values]
    .filter(([name]) => !columns.includes(name.toLowerCase()))
    .map(([name, value]) => ({ name: Buffer.from(name), value: storedBytes(value) }))
    .sort((a, b) => Buffer.compare(a.name, b.name));
  const parts = extras.flatMap(({ name, value }) => {
    return [Buffer.from(varint(name.length)), name, value];
  });
  return Buffer.concat([Buffer.from(varint(extras.length)), ...parts]);
}

export function canonicalBytes(row: DigestedRow): Buffer {
  const code = Buffer.from(row.code.toString(16).padStart(20, "0"), "hex").reverse();
  const values = columns.flatMap((column) => {
    return [storedBytes(row.source.column(column)), readBytes(row, column)];
  });
  const end = Buffer.alloc(5);
  end.writeUInt8(row.childrenMask, 0);
  end.writeFloatLE(row.homogeneity, 1);
  return Buffer.concat([Buffer.from([1, row.level]), code, ...values, extrasBytes(row), end]);
}

export function digestOf(row: DigestedRow): string {
  return createHash("sha256").update(canonicalBytes(row)).digest("hex");
}

/** The set of some rows: what a report and digests.json have to say of them. */
export function digestsOf(rows: readonly DigestedRow[]): {
  readonly root: string;
  readonly rows: number;
  readonly ranges: readonly RangeDigest[];
} {
  const sums = new Map<number, { rows: number; sum: bigint }>();
  for (const row of rows) {
    const range = Number((row.code * 8n ** 26n) / 8n ** BigInt(row.level + 22));
    const before = sums.get(range) ?? { rows: 0, sum: 0n };
    const sum = (before.sum + BigInt(`0x${digestOf(row)}`)) % MODULUS;
    sums.set(range, { rows: before.rows + 1, sum });
  }
  const hex = (sum: bigint) => (sum % MODULUS).toString(16).padStart(64, "0");
  const ranges = [...sums].sort(([a], [b]) => a - b);
  return {
    root: hex(ranges.reduce((sum, [, range]) => sum + range.sum, 0n)),
    rows: rows.length,
    ranges: ranges.map(([range, { rows: count, sum }]) => ({ range, rows: count, sum: hex(sum) })),
  };
}
