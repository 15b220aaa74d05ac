import { describe, expect, it } from "vitest";
import {
  codesOfStatus,
  decodeEnvelopes,
  type EnvelopeRows,
  encodeEnvelopes,
  envelopeBound,
  rowStatus,
  storageClass,
  type ValueColumn,
  valueAt,
} from "../../src/index.js";
import { packed, rowsOf, samples } from "../support/envelope-samples.js";
import { plain } from "../support/plain.js";
import { refusalOf } from "../support/refusal-of.js";

const [first, second, third] = samples;
if (first === undefined || second === undefined || third === undefined) throw new Error("samples");

/** Three rows: the second is spoilt by a test, the others show that it stops nothing. */
const good = () => rowsOf([first, second, third]);
const alone = (row: typeof first) => encodeEnvelopes(rowsOf([row])).bytes;

/** Kinds and slots with the second row's replaced. */
function spoilt(column: ValueColumn | undefined, kind: number, slot: bigint): ValueColumn {
  if (column === undefined || typeof column.kinds === "number") throw new Error("a full column");
  const kinds = column.kinds.slice();
  const slots = new BigUint64Array(column.slots as BigUint64Array);
  kinds[1] = kind;
  slots[1] = slot;
  return { kinds, slots };
}

function expectSecondRefused(rows: EnvelopeRows, status: number, code: string): void {
  const made = encodeEnvelopes(rows);
  expect([...made.status]).toEqual([0, status, 0]);
  expect(made.rejected).toBe(1);
  expect(codesOfStatus(made.status[1] ?? 0)).toEqual([code]);
  const [a, b, c] = made.offsets.subarray(1);
  expect(b).toBe(a);
  expect(plain(made.bytes.subarray(0, a))).toBe(plain(alone(first as (typeof samples)[0])));
  expect(plain(made.bytes.subarray(b, c))).toBe(plain(alone(third as (typeof samples)[0])));
}

const slot = (offset: number, length: number) => BigInt(offset) | (BigInt(length) << 32n);
const { text, blob, integer, real } = storageClass;

describe("a bad row gets a status and an empty envelope, the others theirs:", () => {
  it.each([6, 7, 15, 16, 255])("a storage class of %s", (kind) => {
    for (const name of ["id", "density", "created", "metadata"] as const) {
      const rows = good();
      const column = spoilt(rows[name], kind, 0n);
      expectSecondRefused({ ...rows, [name]: column }, rowStatus.badKind, "ENVELOPE_KIND");
    }
    const rows = good();
    const extras = [rows.extras?.[0] as ValueColumn, spoilt(rows.extras?.[1], kind, 0n)];
    expectSecondRefused({ ...rows, extras }, rowStatus.badKind, "ENVELOPE_KIND");
  });

  it("a class that the column does not allow", () => {
    const allowed = {
      ...{ x: [0, 1, 2, 3, 4], y: [0, 1, 2, 3, 4], z: [0, 1, 2, 3, 4] },
      ...{ level: [0, 1, 3, 4], material: [0, 1, 3, 4] },
    };
    for (const [name, kinds] of Object.entries(allowed)) {
      const usual = name.length === 1 ? real : integer;
      for (const kind of [0, 1, 2, 3, 4, 5, 6]) {
        const column = { kinds: Uint8Array.of(usual, kind, usual), slots: new BigUint64Array(3) };
        const rows = { ...good(), originals: { [name]: column } };
        if (kinds.includes(kind)) expect([...encodeEnvelopes(rows).status]).toEqual([0, 0, 0]);
        else expectSecondRefused(rows, rowStatus.badKind, "ENVELOPE_KIND");
      }
    }
  });

  it.each([text, blob])("a slot of class %s outside the bytes", (kind) => {
    const rows = good();
    const end = rows.bytes?.length ?? 0;
    const outside = [slot(end, 1), slot(end + 1, 0), slot(0, end + 1), slot(1, end)];
    for (const bad of [...outside, slot(2 ** 32 - 1, 2 ** 32 - 1), slot(0, 2 ** 32 - 1)]) {
      const metadata = spoilt(rows.metadata, kind, bad);
      expectSecondRefused({ ...good(), metadata }, rowStatus.badSlot, "ENVELOPE_SLOT");
      const x = spoilt({ kinds: Uint8Array.of(2, 2, 2), slots: new BigUint64Array(3) }, kind, bad);
      expectSecondRefused({ ...good(), originals: { x } }, rowStatus.badSlot, "ENVELOPE_SLOT");
    }
    const whole = spoilt(rows.metadata, kind, slot(0, end));
    expect(encodeEnvelopes({ ...good(), metadata: whole }).rejected).toBe(0);
  });

  it("an INTEGER coordinate that is none", () => {
    const wrong = [0.5, -0, 2 ** 63, -(2 ** 63) - 2048, Number.NaN, Number.POSITIVE_INFINITY];
    for (const name of ["x", "y", "z"] as const) {
      const held = { kinds: Uint8Array.of(real, integer, real), slots: new BigUint64Array(3) };
      const originals = { [name]: held };
      for (const value of wrong) {
        const rows = good();
        rows[name][1] = value;
        const status = rowStatus.notInteger;
        expectSecondRefused({ ...rows, originals }, status, "ENVELOPE_NOT_INTEGER");
      }
      for (const value of [0, -1, -(2 ** 63), 2 ** 62, 2 ** 53 + 2]) {
        const rows = good();
        rows[name][1] = value;
        expect(encodeEnvelopes({ ...rows, originals }).rejected).toBe(0);
      }
    }
  });

  it("a level above 26, or a key above its level", () => {
    const rows = good();
    rows.level[1] = 27;
    expectSecondRefused(rows, rowStatus.badLevel, "LEVEL_INVALID");
    rows.level[1] = 2;
    expectSecondRefused(rows, rowStatus.badCode, "CODE_OUT_OF_RANGE");
  });

  it("a whole code at level 22, though tiles may go deeper", () => {
    const { x, y, z } = good();
    const rows = { x, y, z, codes: BigUint64Array.of(0n, 0n, 0n), level: Uint8Array.of(0, 22, 0) };
    const { status } = encodeEnvelopes(rows);
    expect([...status]).toEqual([0, rowStatus.badLevel, 0]);
  });

  it("a value of more than 16 MiB", () => {
    const bytes = new Uint8Array(2 ** 24 + 1);
    const metadata = {
      kinds: Uint8Array.of(blob, blob, blob),
      slots: BigUint64Array.of(slot(0, 1), slot(0, 2 ** 24 + 1), slot(1, 2 ** 24)),
    };
    const { x, y, z, level } = good();
    const codes = new BigUint64Array(3);
    const rows = { x, y, z, codes, level: level.fill(0), metadata, bytes };
    const made = encodeEnvelopes(rows);
    expect([...made.status]).toEqual([0, rowStatus.tooLarge, 0]);
    const back = decodeEnvelopes({ codes, level: 0, bytes: made.bytes, offsets: made.offsets });
    expect([...back.status]).toEqual([0, rowStatus.truncated, 0]);
    expect(valueAt(back.metadata, 2, back.bytes)).toHaveLength(2 ** 24);
  });

  it("an envelope of more than 64 MiB", () => {
    const column = { kinds: blob, slots: BigUint64Array.of(slot(0, 2 ** 24)) };
    const point = { x: new Float64Array(1), y: new Float64Array(1), z: new Float64Array(1) };
    const key = { codes: new BigUint64Array(1), level: 0 };
    const rows = { ...point, ...key, columnSet: 1, bytes: new Uint8Array(2 ** 24) };
    const four = encodeEnvelopes({ ...rows, extras: Array(4).fill(column) });
    expect([...four.status]).toEqual([rowStatus.tooLarge]);
    expect(encodeEnvelopes({ ...rows, extras: Array(3).fill(column) }).rejected).toBe(0);
  });
});

describe("columns", () => {
  it("given as one class are as those of that class in every row", () => {
    const { x, y, z, tiles, cells, level } = {
      tiles: new BigUint64Array(3),
      cells: new Uint16Array(3),
      ...good(),
    };
    const base = { x, y, z, tiles, cells, level };
    const slots = BigUint64Array.of(1n, 2n, 3n);
    for (const kind of [0, 1, 2, 5]) {
      const one = encodeEnvelopes({ ...base, id: { kinds: kind, slots } });
      const each = encodeEnvelopes({ ...base, id: { kinds: new Uint8Array(3).fill(kind), slots } });
      expect(plain(one)).toEqual(plain(each));
    }
    const left = encodeEnvelopes({ ...base, originals: { x: { kinds: real, slots: null } } });
    expect(plain(left)).toEqual(plain(encodeEnvelopes(base)));
  });

  it("read slots as the same eight bytes, whatever the array", () => {
    const base = good();
    const slots = new BigUint64Array(Float64Array.of(0.5, -1, 1e300).buffer);
    const views = [slots, new BigInt64Array(slots.buffer), new Float64Array(slots.buffer)];
    const made = views.map((view) =>
      plain(encodeEnvelopes({ ...base, density: { kinds: real, slots: view } })),
    );
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
  });
});

describe("batches beyond 4 GiB", () => {
  const bytes = new Uint8Array(2 ** 24);
  const count = 300;
  const zeros = new Float64Array(count);
  const metadata = { kinds: blob, slots: new BigUint64Array(count).fill(slot(0, 2 ** 24)) };
  const codes = new BigUint64Array(count);
  const many = { x: zeros, y: zeros, z: zeros, codes, level: 0, metadata, bytes };

  it("are TOO_LARGE to encode, before anything is allocated", () => {
    for (const act of [() => envelopeBound(many), () => encodeEnvelopes(many)]) {
      const error = refusalOf(act);
      expect(error.code).toBe("TOO_LARGE");
      expect(error.message).toContain("the envelopes of 300 rows may need more than 4294967295");
    }
  });

  it("are TOO_LARGE to decode", () => {
    const one = zeros.subarray(0, 1);
    const slots = metadata.slots.subarray(0, 1);
    const key = { codes: codes.subarray(0, 1), level: 0 };
    const row = { x: one, y: one, z: one, ...key, metadata: { kinds: blob, slots }, bytes };
    const { bytes: envelope } = encodeEnvelopes(row);
    expect(envelope.length).toBeLessThan(100_000);
    const all = packed(Array<Uint8Array>(count).fill(envelope));
    const error = refusalOf(() => decodeEnvelopes({ codes, level: 0, ...all }));
    expect(error.code).toBe("TOO_LARGE");
    expect(error.message).toContain("the values of 300 envelopes may need more than 4294967295");
  });
});
