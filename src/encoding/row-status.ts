import type { ErrorCode } from "../errors/codes.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/**
 * The status byte of a row, as every batch call writes it; 0 is fine. Up to 31
 * it is a set of bits (several axes can be wrong at once), above that one
 * number. The same numbers stand in native/common/row_status.h.
 */
export const rowStatus = Object.freeze({
  ok: 0,
  xOutside: 1,
  yOutside: 2,
  zOutside: 4,
  badLevel: 8,
  badCode: 16,
  badKind: 32,
  badSlot: 33,
  tooLarge: 34,
  notInteger: 35,
  truncated: 40,
  badVersion: 41,
  malformed: 42,
  badLz4: 43,
  unknownDictionary: 44,
  badChecksum: 45,
  unknownColumns: 46,
  badCoordinate: 50,
  inexactCoordinate: 51,
  badLevelClass: 52,
  badMaterial: 53,
});

const FIRST_SINGLE = 32;

const codesOfSingles: ReadonlyMap<number, ErrorCode> = new Map([
  [rowStatus.badKind, "ENVELOPE_KIND"],
  [rowStatus.badSlot, "ENVELOPE_SLOT"],
  [rowStatus.tooLarge, "TOO_LARGE"],
  [rowStatus.notInteger, "ENVELOPE_NOT_INTEGER"],
  [rowStatus.truncated, "ENVELOPE_TRUNCATED"],
  [rowStatus.badVersion, "ENVELOPE_VERSION"],
  [rowStatus.malformed, "ENVELOPE_MALFORMED"],
  [rowStatus.badLz4, "ENVELOPE_LZ4"],
  [rowStatus.unknownDictionary, "ENVELOPE_DICTIONARY_UNKNOWN"],
  [rowStatus.badChecksum, "ENVELOPE_CHECKSUM"],
  [rowStatus.unknownColumns, "ENVELOPE_COLUMNS_UNKNOWN"],
  [rowStatus.badCoordinate, "COORDINATE_INVALID"],
  [rowStatus.inexactCoordinate, "COORDINATE_INEXACT"],
  [rowStatus.badLevelClass, "LEVEL_CLASS"],
  [rowStatus.badMaterial, "MATERIAL_INVALID"],
]);

/**
 * The error codes of a row's status byte, in a fixed order; none for 0.
 * OUT_OF_FRAME appears once however many axes are outside: outsideAxes() names them.
 */
export function codesOfStatus(status: number): ErrorCode[] {
  const single = codesOfSingles.get(status);
  if (single !== undefined) return [single];
  if (!Number.isInteger(status) || status < 0 || status >= FIRST_SINGLE) {
    throw new OctoloadError(
      "ARG_RANGE",
      `status must be a row status, got ${describeValue(status)}`,
    );
  }
  const codes: ErrorCode[] = [];
  if ((status & rowStatus.badLevel) !== 0) codes.push("LEVEL_INVALID");
  if (outsideAxes(status).length > 0) codes.push("OUT_OF_FRAME");
  if ((status & rowStatus.badCode) !== 0) codes.push("CODE_OUT_OF_RANGE");
  return codes;
}

/** Which axes of a point were outside its frame, by the status an encode gave it. */
export function outsideAxes(status: number): ("x" | "y" | "z")[] {
  if (status >= FIRST_SINGLE) return [];
  const axes: ("x" | "y" | "z")[] = [];
  if ((status & rowStatus.xOutside) !== 0) axes.push("x");
  if ((status & rowStatus.yOutside) !== 0) axes.push("y");
  if ((status & rowStatus.zOutside) !== 0) axes.push("z");
  return axes;
}
