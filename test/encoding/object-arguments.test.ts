import { describe, expect, it } from "vitest";
import {
  codesOfStatus,
  coverBox,
  decode,
  decodeEnvelopes,
  encode,
  encodeEnvelopes,
  encodeTiles,
  envelopeBound,
  makeDecodedRows,
  neighbours,
  tileTokens,
  tokens,
  trainDictionary,
} from "../../src/index.js";
import { refusalOf } from "../support/refusal-of.js";

// Plain JavaScript callers can pass anything where the types say an object.
const untyped = (value: unknown) => value as never;
const x = () => new Float64Array(1);
const points = () => ({ x: x(), y: x(), z: x() });
const codes = () => new BigUint64Array(1);
const samples = () => ({ bytes: new Uint8Array(4), offsets: Uint32Array.of(0, 4) });
const envelopes = () => ({
  level: 3,
  codes: codes(),
  bytes: new Uint8Array(0),
  offsets: new Uint32Array(2),
});

const calls: readonly (readonly [name: string, call: (junk: never) => unknown])[] = [
  ["points", (junk) => encode(junk, 3)],
  ["points", (junk) => encodeTiles(junk, 3)],
  ["options", (junk) => encode(points(), 3, junk)],
  ["options", (junk) => encodeTiles(points(), 3, junk)],
  ["options", (junk) => decode(codes(), 3, junk)],
  ["options", (junk) => tokens(codes(), junk)],
  ["options", (junk) => tileTokens(3, codes(), junk)],
  ["rows", (junk) => envelopeBound(junk)],
  ["rows", (junk) => encodeEnvelopes(junk)],
  ["options", (junk) => encodeEnvelopes({ ...points(), level: 3, codes: codes() }, junk)],
  ["envelopes", (junk) => decodeEnvelopes(junk)],
  ["options", (junk) => decodeEnvelopes(envelopes(), junk)],
  ["samples", (junk) => trainDictionary(junk)],
  ["options", (junk) => trainDictionary(samples(), junk)],
  ["options", (junk) => neighbours(0n, 1, junk)],
  ["options", (junk) => coverBox({ min: [0, 0, 0], max: [1, 1, 1] }, 1, junk)],
];

describe.each(calls)("%s that is no object", (name, call) => {
  it.each([null, 7, "text"])("%j", (junk) => {
    const { code, message } = refusalOf(() => call(untyped(junk)));
    expect(code).toBe("ARG_TYPE");
    expect(message).toContain(`${name} must be`);
    expect(message).toContain(`got ${JSON.stringify(junk)}`);
  });
});

it("a level that is no number is a wrong level, in every call alike", () => {
  for (const call of [
    () => encode(points(), untyped("3")),
    () => decode(codes(), untyped("3")),
    () => tileTokens(untyped("3"), codes()),
    () => decodeEnvelopes({ ...envelopes(), level: untyped("3") }),
  ]) {
    expect(refusalOf(call).code).toBe("LEVEL_INVALID");
  }
});

it("a dictionary's number is checked before anything is trained", () => {
  expect(refusalOf(() => trainDictionary(samples(), { number: 0 })).code).toBe(
    "DICTIONARY_INVALID",
  );
});

it("lists are arrays", () => {
  const dictionaries = untyped({});
  expect(refusalOf(() => decodeEnvelopes(envelopes(), { dictionaries })).message).toContain(
    "dictionaries must be an array, got an object",
  );
  const rows = { ...points(), level: 3, codes: codes(), columnSet: 1, extras: untyped(5) };
  expect(refusalOf(() => encodeEnvelopes(rows)).message).toContain("extras must be an array");
});

it.each([
  ["count", () => makeDecodedRows(-1, 0)],
  ["byteLength", () => makeDecodedRows(1, Number.NaN)],
  ["byteLength", () => makeDecodedRows(1, untyped(undefined))],
  ["extraColumns", () => makeDecodedRows(1, 0, 2001)],
  ["status", () => codesOfStatus(48)],
  ["status", () => codesOfStatus(-1)],
  ["status", () => codesOfStatus(Number.NaN)],
])("a %s out of range", (name, call) => {
  const { code, message } = refusalOf(call);
  expect(code).toBe("ARG_RANGE");
  expect(message).toContain(`${name} must be`);
});

it.each(["toString", "constructor", "centre", null])("corner %j", (corner) => {
  const { code, message } = refusalOf(() => decode(codes(), 3, { corner: untyped(corner) }));
  expect(code).toBe("ARG_RANGE");
  expect(message).toContain('corner must be "min", "center" or "max"');
});
