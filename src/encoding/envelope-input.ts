import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireArray, requireList, requireObject } from "./arrays.js";
import { columnNames, MAX_EXTRAS, namesOfColumns, originalNames } from "./envelope-columns.js";
import type { EnvelopeRows, Envelopes, Originals, RowKeys } from "./envelope-rows.js";
import { MAX_CODE_LEVEL, MAX_LEVEL, requireLevel } from "./level.js";
import { absentColumn, requireColumn, storageClass, type ValueColumn } from "./value-column.js";

const MAX_COLUMN_SET = 2 ** 32 - 1;

/** Arguments in the addon's order, their names, and the batch's rows. */
export interface Input {
  readonly args: readonly unknown[];
  readonly names: readonly string[];
  readonly count: number;
}

const noBytes = new Uint8Array(0);
const usualReal: ValueColumn = { kinds: storageClass.real, slots: null };
const usualInteger: ValueColumn = { kinds: storageClass.integer, slots: null };
const usualOriginals: Originals = {
  x: usualReal,
  y: usualReal,
  z: usualReal,
  level: usualInteger,
  material: usualInteger,
};

const keyNames = ["codes or tiles", "cells", "level"];

const inputNames = [
  ...["x", "y", "z", ...keyNames],
  ...namesOfColumns,
  ...["columnSet", "extras", "bytes"],
];

export function checkRows(rows: EnvelopeRows): Input {
  requireObject("rows", rows);
  const x = requireArray("x", rows.x, "Float64Array");
  const count = x.length;
  const y = requireArray("y", rows.y, "Float64Array", count);
  const z = requireArray("z", rows.z, "Float64Array", count);
  const bytes = requireArray("bytes", rows.bytes ?? noBytes, "Uint8Array");
  const pair = (name: string, column: ValueColumn, numbersHaveSlots: boolean) => {
    const { kinds, slots } = requireColumn(name, column, count, numbersHaveSlots);
    return [kinds, slots];
  };
  const originals = { ...usualOriginals, ...rows.originals };
  const args = [
    ...[x, y, z, ...checkKeys(rows, count)],
    ...columnNames.flatMap((name) => pair(name, rows[name] ?? absentColumn, true)),
    ...originalNames.flatMap((name) => pair(`originals.${name}`, originals[name], false)),
    checkColumnSet(rows),
    (rows.extras ?? []).flatMap((column, i) => pair(`extras[${i}]`, column, true)),
    bytes,
  ];
  return { args, names: inputNames, count };
}

function checkKeys(keys: RowKeys, count?: number) {
  const whole = "codes" in keys;
  const tiles = whole
    ? requireArray("codes", keys.codes, "BigUint64Array", count)
    : requireArray("tiles", keys.tiles, "BigUint64Array", count);
  const cells = whole ? null : requireArray("cells", keys.cells, "Uint16Array", tiles.length);
  const { level } = keys;
  if (typeof level === "object") requireArray("level", level, "Uint8Array", tiles.length);
  else requireLevel(level, "level", whole ? MAX_CODE_LEVEL : MAX_LEVEL);
  return [tiles, cells, level] as const;
}

/** A set and its columns come together; sets are numbered from 1. */
function checkColumnSet({ columnSet = 0, extras = [] }: EnvelopeRows): number {
  if (!Number.isInteger(columnSet) || columnSet < 0 || columnSet > MAX_COLUMN_SET) {
    throw new OctoloadError(
      "ARG_RANGE",
      `columnSet must be an integer from 0 to ${MAX_COLUMN_SET}, got ${describeValue(columnSet)}`,
    );
  }
  requireList("extras", extras);
  const few = columnSet === 0 ? extras.length === 0 : extras.length > 0;
  if (few && extras.length <= MAX_EXTRAS) return columnSet;
  throw new OctoloadError(
    "ARG_LENGTH",
    `extras must hold ${columnSet === 0 ? "no columns without a columnSet" : `1 to ${MAX_EXTRAS} columns`}, got ${extras.length}`,
  );
}

export function checkEnvelopes(envelopes: Envelopes): Input {
  requireObject("envelopes", envelopes);
  const keys = checkKeys(envelopes);
  const count = keys[0].length;
  const bytes = requireArray("bytes", envelopes.bytes, "Uint8Array");
  const offsets = requireArray("offsets", envelopes.offsets, "Uint32Array", count + 1);
  return { args: [...keys, bytes, offsets], names: [...keyNames, "bytes", "offsets"], count };
}
