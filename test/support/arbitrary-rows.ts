import fc from "fast-check";
import { type Frame, storageClass, type Triple } from "../../src/index.js";
import { anyFrame, anyPoint } from "./arbitrary-points.js";
import { doubleOf } from "./doubles.js";
import { oracleDecode } from "./morton-oracle.js";

/** One SQLite value: bits of INTEGER and REAL, bytes of TEXT and BLOB. */
export interface Value {
  readonly kind: number;
  readonly bits: bigint;
  readonly bytes: Uint8Array;
}

const { absent, integer, real, text, blob } = storageClass;
const noBytes = new Uint8Array(0);

export const simple = (kind: number, bits = 0n): Value => ({ kind, bits, bytes: noBytes });
export const ofBytes = (kind: number, bytes: Uint8Array): Value => ({ kind, bits: 0n, bytes });

export const columns = ["id", "density", "created", "metadata"] as const;
export const originals = ["x", "y", "z", "level", "material"] as const;

export interface Row {
  readonly level: number;
  readonly code: bigint;
  readonly point: Triple;
  readonly values: Readonly<Record<(typeof columns)[number], Value>>;
  readonly originals: Readonly<Record<(typeof originals)[number], Value>>;
  readonly extras: readonly Value[];
}

const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const smallWord = fc
  .tuple(word, fc.integer({ min: 0, max: 63 }))
  .map(([bits, shift]) => bits >> BigInt(shift));
const json = fc
  .array(fc.constantFrom('{"sensor":"north"}', '"quality":', "good", "0.25", ","), {
    maxLength: 30,
    size: "max",
  })
  .map((parts) => Buffer.from(parts.join("")));
const two = (max: number) => fc.nat({ max }).map((n) => String(n).padStart(2, "0"));
const timestamp = fc
  .tuple(fc.nat({ max: 9999 }), two(13), two(32), two(24), two(60), fc.nat({ max: 999_999 }))
  .chain(([year, month, day, hour, minute, us]) => {
    const date = `${String(year).padStart(4, "0")}-${month}-${day}`;
    const time = `${hour}:${minute}:${minute}`;
    const fraction = String(us).padStart(6, "0");
    return fc.constantFrom(
      ...[`${date} ${time}`, `${date}T${time}`, `${date}T${time}Z`, `${date} ${time}.${fraction}`],
      ...[`${date}T${time}.${fraction}Z`, `${date}T${time}.${fraction.slice(3)}Z`, date],
    );
  })
  .map((shown) => Buffer.from(shown));
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300, size: "max" }),
  json,
  timestamp,
  fc.string().map((shown) => Buffer.from(shown)),
);

const integerValue = fc.oneof(word, smallWord).map((bits) => simple(integer, bits));
/** Any bits, and such with only the highest set, as those of 0.5 are. */
const realValue = fc
  .tuple(word, fc.constantFrom(0n, 0n, 32n, 48n, 64n))
  .map(([bits, zeros]) => simple(real, (bits >> zeros) << zeros));
const bytesValue = fc
  .tuple(fc.constantFrom(text, blob), anyBytes)
  .map(([kind, bytes]) => ofBytes(kind, bytes));

export const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(simple(absent), simple(storageClass.null)),
  ...[integerValue, realValue, bytesValue],
);

const anyValues = fc.record({
  id: fc.oneof({ weight: 3, arbitrary: integerValue }, { weight: 1, arbitrary: anyValue }),
  density: fc.oneof({ weight: 3, arbitrary: realValue }, { weight: 1, arbitrary: anyValue }),
  created: fc.oneof(
    timestamp.map((shown) => ofBytes(text, shown)),
    anyValue,
  ),
  metadata: anyValue,
});

/** How the source held a coordinate, level or material. */
function anyOriginal(usual: number): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(simple(usual)) },
    { weight: 1, arbitrary: fc.constant(simple(absent)) },
    { weight: 1, arbitrary: bytesValue },
  );
}

const anyOriginals = fc.record({
  ...{ x: anyOriginal(real), y: anyOriginal(real), z: anyOriginal(real) },
  ...{ level: anyOriginal(integer), material: anyOriginal(integer) },
});

/** JavaScript may not keep a NaN's other bits. */
const anyDouble = word.map(doubleOf).map((value) => (Number.isNaN(value) ? Number.NaN : value));
/** Exact integers, which a source may hold as such. */
const wholePoint = fc.tuple(
  fc.maxSafeInteger(),
  fc.constantFrom(0, 2 ** 62, -(2 ** 63), 5),
  fc.integer(),
);

interface Place {
  readonly point: Triple;
  readonly integers?: boolean;
}

/** In the frame or anywhere; at the centre of its own cell; of integers, held as such or not. */
function anyPlace(frame: Frame, level: number, code: bigint): fc.Arbitrary<Place> {
  const key = { tile: code >> 15n, cell: Number(code & 0x7fffn) };
  const { point } = oracleDecode(frame, key, level, { corner: "center", maxLevel: 26 });
  return fc.oneof(
    anyPoint(frame).map((near) => ({ point: near })),
    fc.tuple(anyDouble, anyDouble, anyDouble).map((any) => ({ point: any })),
    fc.constant({ point }),
    fc.record({ point: wholePoint, integers: fc.boolean() }),
  );
}

function anyRow(frame: Frame, maxLevel: number, extraColumns: number): fc.Arbitrary<Row> {
  const key = fc.integer({ min: 0, max: maxLevel }).chain((level) => {
    const code = fc.bigInt({ min: 0n, max: 8n ** BigInt(level) - 1n });
    return fc.record({ level: fc.constant(level), code });
  });
  const extras = fc.array(anyValue, { minLength: extraColumns, maxLength: extraColumns });
  return key.chain(({ level, code }) =>
    fc
      .tuple(anyPlace(frame, level, code), anyValues, anyOriginals, extras)
      .map(([{ point, integers }, values, held, more]) => {
        const whole = simple(integer);
        const coordinates = integers === true ? { x: whole, y: whole, z: whole } : {};
        const own = { ...held, ...coordinates };
        return { level, code, point, values, originals: own, extras: more };
      }),
  );
}

export interface EnvelopeBatch {
  readonly frame: Frame;
  readonly rows: readonly Row[];
  /** Keys as whole codes (levels to 21), not as tiles and cells. */
  readonly whole: boolean;
  readonly columnSet: number;
}

export const anyEnvelopeBatch: fc.Arbitrary<EnvelopeBatch> = fc
  .tuple(
    anyFrame,
    fc.boolean(),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  )
  .chain(([frame, whole, extras, set]) =>
    fc.record({
      frame: fc.constant(frame),
      rows: fc.array(anyRow(frame, whole ? 21 : 26, extras), { maxLength: 12, size: "max" }),
      whole: fc.constant(whole),
      columnSet: fc.constant(extras === 0 ? 0 : set),
    }),
  );
