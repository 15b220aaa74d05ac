import {
  type EncodedEnvelopes,
  type EnvelopeRows,
  encodeEnvelopes,
  encodeTiles,
  type SqliteValue,
  ValuePacker,
} from "../../src/index.js";

/** One row of ordinary values, some of them long enough for LZ4. */
export interface Sample {
  readonly point: readonly [number, number, number];
  readonly level: number;
  readonly id: SqliteValue;
  readonly density: SqliteValue;
  readonly created: SqliteValue;
  readonly metadata: SqliteValue;
  readonly extras: readonly SqliteValue[];
}

export const samples: readonly Sample[] = [
  {
    ...{ point: [1e6, 2e6, 3e6], level: 18, id: 1n, density: 0.5 },
    ...{ created: "2024-05-01T12:34:56.789Z", metadata: '{"a":1,"b":"北"}' },
    extras: [null, 5n],
  },
  {
    ...{ point: [-1e6, 0, -3e6], level: 26, id: "text id", density: null },
    ...{ created: 1_714_566_896n, metadata: "north north north ".repeat(40) },
    extras: ["extra", Uint8Array.of(1, 2, 3)],
  },
  {
    ...{ point: [0, 0, 0], level: 0, id: undefined, density: -0 },
    ...{ created: null, metadata: Uint8Array.from({ length: 300 }, (_, i) => i * i) },
    extras: [0.1, undefined],
  },
];

/** The arrays of samples, in the frame centred. */
export function rowsOf(rows: readonly Sample[]): EnvelopeRows & { readonly level: Uint8Array } {
  const level = Uint8Array.from(rows, (row) => row.level);
  const axis = (i: 0 | 1 | 2) => Float64Array.from(rows, ({ point }) => point[i]);
  const points = { x: axis(0), y: axis(1), z: axis(2) };
  const { tiles, cells } = encodeTiles(points, level);
  const packer = new ValuePacker();
  const column = (value: (row: Sample) => SqliteValue) => packer.column(rows.map(value));
  const columns = {
    id: column(({ id }) => id),
    density: column(({ density }) => density),
    created: column(({ created }) => created),
    metadata: column(({ metadata }) => metadata),
    extras: [column(({ extras }) => extras[0]), column(({ extras }) => extras[1])],
  };
  return { ...points, tiles, cells, level, ...columns, columnSet: 9, bytes: packer.bytes() };
}

/** The envelope of one row of a batch. */
export function envelopeAt({ bytes, offsets }: EncodedEnvelopes, row: number): Uint8Array {
  return bytes.slice(offsets[row], offsets[row + 1]);
}

/** Envelopes one after the other, as a batch holds them. */
export function packed(envelopes: readonly Uint8Array[]): {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
} {
  const offsets = new Uint32Array(envelopes.length + 1);
  for (const [row, each] of envelopes.entries()) {
    offsets[row + 1] = (offsets[row] ?? 0) + each.length;
  }
  return { bytes: new Uint8Array(Buffer.concat(envelopes)), offsets };
}

/** A sample's envelope and its key for any number of rows. */
export function sealed(sample: Sample, dictionary?: Parameters<typeof encodeEnvelopes>[1]) {
  const rows = rowsOf([sample]);
  const envelope = envelopeAt(encodeEnvelopes(rows, dictionary), 0);
  const { tiles, cells } = encodeTiles(rows, sample.level);
  const keys = (count: number) => ({
    tiles: new BigUint64Array(count).fill(tiles[0] ?? 0n),
    cells: new Uint16Array(count).fill(cells[0] ?? 0),
    level: sample.level,
  });
  return { envelope, keys };
}
