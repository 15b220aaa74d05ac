import { describe, expect, it } from "vitest";
import {
  decode,
  decodeEnvelopes,
  encode,
  encodeEnvelopes,
  encodeTiles,
  envelopeBound,
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
