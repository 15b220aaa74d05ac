import { codeOf } from "../encoding/cell.js";
import { decodeEnvelopes } from "../encoding/envelope.js";
import type { DecodedRows } from "../encoding/envelope-rows.js";
import type { Frame } from "../encoding/frame.js";
import { codesOfStatus } from "../encoding/row-status.js";
import { sourceValuesOf } from "../encoding/source-values.js";
import { type FilledColumn, storageClass } from "../encoding/value-column.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { RawText, type SourceValue, type TargetRow } from "./target-row.js";

/** A row as the target holds it, with whatever layout its key has there as tile and cell. */
export interface StoredRow {
  readonly tile: bigint;
  readonly cell: number;
  readonly level: number;
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** Signed, as stored. */
  readonly childrenMask: number;
  readonly envelope: Uint8Array;
  readonly lastModified: bigint;
  readonly writeTimeUs: bigint;
}

/**
 * Opens the envelopes of rows that were read together.
 *
 * @throws OctoloadError ENVELOPE_* naming the row's key: the target is damaged there
 */
export function decodeRows(rows: readonly StoredRow[], frame: Frame): TargetRow[] {
  if (rows.length === 0) return [];
  const decoded = decodeEnvelopes(
    {
      tiles: BigUint64Array.from(rows, ({ tile }) => tile),
      cells: Uint16Array.from(rows, ({ cell }) => cell),
      level: Uint8Array.from(rows, ({ level }) => level),
      ...packed(rows),
    },
    { frame },
  );
  const { buffer, byteOffset, byteLength } = decoded.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return rows.map((row, i) => {
    const status = decoded.status[i] ?? 0;
    if (status !== 0) throw damaged(row, status);
    return decodedRow(row, decoded, bytes, i);
  });
}

function packed(rows: readonly StoredRow[]): { bytes: Uint8Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [i, { envelope }] of rows.entries()) {
    offsets[i + 1] = (offsets[i] ?? 0) + envelope.length;
  }
  const bytes = new Uint8Array(offsets[rows.length] ?? 0);
  for (const [i, { envelope }] of rows.entries()) bytes.set(envelope, offsets[i]);
  return { bytes, offsets };
}

function damaged({ tile, cell, level }: StoredRow, status: number): OctoloadError {
  const code = codesOfStatus(status)[0] ?? "ENVELOPE_MALFORMED";
  return new OctoloadError(
    code,
    `the envelope of code ${codeOf(tile, cell)} at level ${level} cannot be opened`,
  );
}

function decodedRow(row: StoredRow, decoded: DecodedRows, bytes: Buffer, i: number): TargetRow {
  const { tile, cell, level, materialId } = row;
  const at = (column: FilledColumn) => sourceValueAt(column, i, bytes);
  const axis = (values: Float64Array) => values[i] ?? Number.NaN;
  return {
    level,
    mortonCode: codeOf(tile, cell),
    point: [axis(decoded.x), axis(decoded.y), axis(decoded.z)],
    materialId,
    homogeneity: row.homogeneity,
    childrenMask: row.childrenMask & 0xff,
    lastModified: row.lastModified,
    writeTimeUs: row.writeTimeUs,
    values: sourceValuesOf(decoded, i, row, at),
    columnSet: decoded.columnSets[i] ?? 0,
    extras: decoded.columnSets[i] === 0 ? [] : decoded.extras.map(at),
  };
}

const realBits = new BigUint64Array(1);
const real = new Float64Array(realBits.buffer);

/** As valueAt(), exact where a TEXT is not UTF-8, and without its checks and copies. */
function sourceValueAt(column: FilledColumn, row: number, bytes: Buffer): SourceValue {
  const slot = column.slots[row] ?? 0n;
  switch (column.kinds[row]) {
    case storageClass.integer:
      return BigInt.asIntN(64, slot);
    case storageClass.real:
      realBits[0] = slot;
      return real[0];
    case storageClass.text:
      return textOf(bytesOf(slot, bytes));
    case storageClass.blob:
      return Uint8Array.from(bytesOf(slot, bytes));
    case storageClass.null:
      return null;
    default:
      return undefined;
  }
}

function bytesOf(slot: bigint, bytes: Buffer): Buffer {
  const offset = Number(slot & 0xffffffffn);
  return bytes.subarray(offset, offset + Number(slot >> 32n));
}

function textOf(bytes: Buffer): SourceValue {
  const text = bytes.toString("utf8");
  if (!text.includes("\ufffd") || Buffer.from(text).equals(bytes)) return text;
  return new RawText(Uint8Array.from(bytes));
}
