import {
  type DecodedRows,
  type EnvelopeRows,
  type FilledColumn,
  storageClass,
} from "../../src/index.js";
import {
  columns,
  type EnvelopeBatch,
  originals,
  type Row,
  simple,
  type Value,
} from "./arbitrary-rows.js";
import { bitsOf } from "./doubles.js";

const { absent, integer, real, text, blob } = storageClass;

/** The arrays of a batch: all columns given, each with kinds and slots a row. */
export function envelopeRowsOf({ rows, whole, columnSet }: EnvelopeBatch): EnvelopeRows {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const slotOf = ({ kind, bits, bytes }: Value): bigint => {
    if (kind !== text && kind !== blob) return bits;
    chunks.push(bytes);
    length += bytes.length;
    return BigInt(length - bytes.length) | (BigInt(bytes.length) << 32n);
  };
  const column = (valueIn: (row: Row) => Value): FilledColumn => ({
    kinds: Uint8Array.from(rows, (row) => valueIn(row).kind),
    slots: BigUint64Array.from(rows, (row) => slotOf(valueIn(row))),
  });
  const axis = (i: 0 | 1 | 2) => Float64Array.from(rows, ({ point }) => point[i]);
  const extras = rows[0]?.extras.map((_, k) => column((row) => row.extras[k] ?? simple(absent)));
  const named = {
    ...Object.fromEntries(columns.map((name) => [name, column((row) => row.values[name])])),
    originals: Object.fromEntries(
      originals.map((name) => [name, column((row) => row.originals[name])]),
    ),
  };
  const set = extras === undefined || extras.length === 0 ? {} : { columnSet, extras };
  return {
    ...{ x: axis(0), y: axis(1), z: axis(2), ...keysOf(rows, whole) },
    ...{ ...named, ...set, bytes: new Uint8Array(Buffer.concat(chunks)) },
  };
}

export function keysOf(rows: readonly Row[], whole: boolean) {
  const level = Uint8Array.from(rows, (row) => row.level);
  if (whole) return { level, codes: BigUint64Array.from(rows, ({ code }) => code) };
  const tiles = BigUint64Array.from(rows, ({ code }) => code >> 15n);
  return { level, tiles, cells: Uint16Array.from(rows, ({ code }) => Number(code & 0x7fffn)) };
}

/** One value in text, by its very bits and bytes. */
function shown({ kind, bits, bytes }: Value, valueless: boolean): string {
  if (kind === text || kind === blob) return `${kind}:${Buffer.from(bytes).toString("hex")}`;
  return valueless || (kind !== integer && kind !== real) ? `${kind}` : `${kind}=${bits}`;
}

/** What a row must come back as. */
export function shownRow(row: Row, columnSet: number): readonly unknown[] {
  return [
    ...row.point.map(bitsOf),
    ...columns.map((name) => shown(row.values[name], false)),
    ...originals.map((name) => shown(row.originals[name], true)),
    ...[columnSet, ...row.extras.map((value) => shown(value, false))],
  ];
}

/** A decoded row in the same form. */
export function shownDecoded(decoded: DecodedRows, row: number): readonly unknown[] {
  const at = ({ kinds, slots }: FilledColumn, valueless: boolean) => {
    const [kind, bits] = [kinds[row] ?? 255, slots[row] ?? 0n];
    const start = Number(bits & 0xffff_ffffn);
    const bytes = decoded.bytes.subarray(start, start + Number(bits >> 32n));
    return shown({ kind, bits, bytes }, valueless);
  };
  return [
    ...[decoded.x, decoded.y, decoded.z].map((axis) => bitsOf(axis[row] ?? 0)),
    ...columns.map((name) => at(decoded[name], false)),
    ...originals.map((name) => at(decoded.originals[name], true)),
    ...[decoded.columnSets[row], ...decoded.extras.map((column) => at(column, false))],
  ];
}
