/**
 * The test vectors of docs/envelope.md: rows chosen so that each rule of the
 * format shows, as the encoder of this checkout wraps them. Since the page is
 * checked against this, a change of any byte is noticed.
 */
import { tileCellOf } from "../src/encoding/cell.js";
import { Dictionary } from "../src/encoding/dictionary.js";
import { decodeEnvelopes, encodeEnvelopes } from "../src/encoding/envelope.js";
import type { EnvelopeRows, Originals } from "../src/encoding/envelope-rows.js";
import { type Frame, frames } from "../src/encoding/frame.js";
import { decodeCode, encodePoint } from "../src/encoding/point.js";
import {
  type FilledColumn,
  type SqliteValue,
  storageClass,
  type ValueColumn,
  ValuePacker,
} from "../src/encoding/value-column.js";

interface Vector {
  readonly name: string;
  readonly level: number;
  readonly point: readonly [number, number, number];
  readonly frame?: Frame;
  /** Put the row's coordinates at the centre of the point's cell. */
  readonly atCenter?: boolean;
  readonly id?: SqliteValue;
  readonly density?: SqliteValue;
  readonly created?: SqliteValue;
  readonly metadata?: SqliteValue;
  readonly originals?: Partial<Record<keyof Originals, SqliteValue | "integer" | "real">>;
  readonly columnSet?: number;
  readonly extras?: readonly SqliteValue[];
  readonly dictionary?: Dictionary;
}

const json = '{"material":"granite","roughness":0.53,"source":"lidar-2023-07","tags":["coast"]}';
const dictionary = () =>
  new Dictionary(
    7,
    Buffer.from('{"material":"basalt","roughness":0.5,"source":"lidar-2020","tags":["'),
  );
const inEurope = [4_211_034.25, 5_033_982.5, 12.75] as const;

const makeVectors = (): readonly Vector[] => [
  { name: "nothing but a key", level: 0, point: [1, 2, 3], atCenter: true },
  {
    name: "a usual row at its cell's centre",
    ...{ level: 18, point: inEurope, atCenter: true },
    ...{ id: 42n, density: 0.5, created: "2024-05-01T12:34:56.789Z", metadata: '{"a":1}' },
  },
  {
    name: "metadata as one LZ4 block, with a match over its own output",
    ...{ level: 21, point: inEurope, atCenter: true, id: 1n, density: 2.65 },
    ...{ created: "2024-05-01T12:34:56Z", metadata: `{"runs":"${"ab".repeat(40)}","end":true}` },
  },
  {
    name: "metadata compressed with a dictionary",
    ...{ level: 18, point: inEurope, atCenter: true, id: 300n, density: 1 },
    ...{ created: "2024-05-01 12:34:56", metadata: json, dictionary: dictionary() },
  },
  {
    name: "coordinates off the centre, deepest level, the other frame",
    ...{ level: 26, point: [20_037_510.1, 10_018_755.2, 10_000_000.3], frame: frames.bluemarble },
    ...{ id: -1n, density: 7.125, created: 1_714_566_896n, metadata: null },
  },
  {
    name: "negative zero as a coordinate",
    ...{ level: 5, point: [-0, 1.5, -9_999_999], id: 0n, density: 0, created: null, metadata: "" },
  },
  {
    name: "storage classes that are not the usual ones",
    ...{ level: 12, point: [1000, -2000, 3000.5], id: "node-17", density: 3n },
    ...{ created: 2_460_432.0242, metadata: new Uint8Array([0, 255, 16]) },
    originals: { x: "integer", y: "-2000.0", z: "real", level: "12", material: Buffer.from("7") },
  },
  {
    name: "columns that are absent, beside ones that are NULL",
    ...{ level: 9, point: inEurope, id: null, created: null, metadata: "m" },
    originals: { material: undefined },
  },
  {
    name: "unmapped columns",
    ...{ level: 14, point: inEurope, atCenter: true, id: 5n, density: 0.25, metadata: 12n },
    ...{ columnSet: 3, extras: ["name", null, undefined, -0, -1n, new Uint8Array([1, 2, 3])] },
  },
  {
    name: "extreme numbers",
    ...{
      level: 3,
      point: [-20e6, 10e6, -10e6],
      id: -(2n ** 63n),
      density: Number.NEGATIVE_INFINITY,
    },
    ...{ created: 2n ** 63n - 1n, metadata: Number.MIN_VALUE },
  },
  ...["1969-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000000Z", "9999-12-31 23:59:59.999999"].map(
    (created) => ({ name: `a timestamp: ${created}`, level: 1, point: inEurope, id: 9n, created }),
  ),
  {
    name: "a text that only looks like a timestamp",
    ...{ level: 1, point: inEurope, atCenter: true, id: 9n, created: "2023-02-29T00:00:00Z" },
  },
];

/** One line of JSON a vector. */
export function renderVectors(): string {
  return `[\n${makeVectors()
    .map((vector) => JSON.stringify(describe(vector)))
    .join(",\n")}\n]`;
}

function describe(vector: Vector): unknown {
  const { name, level, frame = frames.centred, dictionary } = vector;
  const code = encodePoint(...vector.point, level, frame);
  const { tile, cell } = tileCellOf(code);
  const rows = rowsOf(vector, frame, tile, cell);
  const shared = dictionary === undefined ? {} : { dictionary };
  const { bytes, offsets, rejected } = encodeEnvelopes(rows, { frame, ...shared });
  if (rejected > 0) throw new Error(`vector "${name}" was rejected`);
  const envelopes = { level, tiles: BigUint64Array.of(tile), cells: Uint16Array.of(cell) };
  const dictionaries = dictionary === undefined ? [] : [dictionary];
  const row = decodeEnvelopes({ ...envelopes, bytes, offsets }, { frame, dictionaries });
  if (row.rejected > 0) throw new Error(`vector "${name}" does not decode`);
  const value = (column: FilledColumn, numbersHaveSlots = true) =>
    describeValue(column, row.bytes, numbersHaveSlots);
  return {
    name,
    frame,
    level,
    ...{ tile: String(tile), cell },
    dictionary:
      dictionary === undefined
        ? null
        : { number: dictionary.number, hex: Buffer.from(dictionary.bytes).toString("hex") },
    envelope: Buffer.from(bytes).toString("hex"),
    row: {
      id: value(row.id),
      ...Object.fromEntries(
        Object.entries(row.originals).map(([key, column]) => [key, value(column, false)]),
      ),
      density: value(row.density),
      created: value(row.created),
      metadata: value(row.metadata),
      coordinates: [row.x, row.y, row.z].map((axis) => hexBits(new BigUint64Array(axis.buffer)[0])),
      columnSet: row.columnSets[0],
      extras: row.extras.map((column) => value(column)),
    },
  };
}

function rowsOf(vector: Vector, frame: Frame, tile: bigint, cell: number): EnvelopeRows {
  const { level, atCenter = false } = vector;
  const code = (tile << 15n) | BigInt(cell);
  const [x, y, z] = atCenter ? decodeCode(code, level, frame).center : vector.point;
  const packer = new ValuePacker();
  const column = (value: SqliteValue) => packer.column([value]);
  const originals: Partial<Record<keyof Originals, ValueColumn>> = {};
  for (const key of ["x", "y", "z", "level", "material"] as const) {
    if (vector.originals === undefined || !(key in vector.originals)) continue;
    const original = vector.originals[key];
    if (original === "integer") originals[key] = { kinds: storageClass.integer, slots: null };
    else if (original === "real") originals[key] = { kinds: storageClass.real, slots: null };
    else originals[key] = column(original);
  }
  return {
    ...{ level, tiles: BigUint64Array.of(tile), cells: Uint16Array.of(cell) },
    ...{ x: Float64Array.of(x), y: Float64Array.of(y), z: Float64Array.of(z) },
    id: column(vector.id),
    density: column(vector.density),
    created: column(vector.created),
    metadata: column(vector.metadata),
    originals,
    columnSet: vector.columnSet ?? 0,
    extras: (vector.extras ?? []).map(column),
    bytes: packer.bytes(),
  };
}

function describeValue(
  { kinds, slots }: FilledColumn,
  bytes: Uint8Array,
  numbersHaveSlots: boolean,
): { kind: number; value?: string } {
  const kind = kinds[0] ?? 0;
  const slot = slots[0] ?? 0n;
  const isNumber = kind === storageClass.integer || kind === storageClass.real;
  if (kind === storageClass.absent || kind === storageClass.null) return { kind };
  if (isNumber && !numbersHaveSlots) return { kind };
  if (kind === storageClass.integer) return { kind, value: String(BigInt.asIntN(64, slot)) };
  if (kind === storageClass.real) return { kind, value: hexBits(slot) };
  const offset = Number(slot & 0xffffffffn);
  const value = bytes.subarray(offset, offset + Number(slot >> 32n));
  return { kind, value: Buffer.from(value).toString("hex") };
}

function hexBits(bits: bigint | undefined): string {
  return (bits ?? 0n).toString(16).padStart(16, "0");
}
