import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encode,
  encodeTiles,
  tileToken,
  tileTokens,
  tileTokensAsync,
  token,
  tokens,
  tokensAsync,
} from "../../src/index.js";
import { describeArrays } from "../support/array-checks.js";
import { driverTileToken, driverToken } from "../support/driver-token.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

const min = -(2n ** 63n);
const max = 2n ** 63n - 1n;
const untyped = (value: unknown) => value as never;

const anyKey = fc.bigInt({ min, max });

/**
 * Cassandra sign-extends each tail byte of a key, so which bytes are negative
 * decides much: one key for each of the 256 patterns.
 */
function signPatterns(): bigint[] {
  return Array.from({ length: 256 }, (_, pattern) => {
    let key = 0n;
    for (let byte = 0; byte < 8; byte += 1) {
      const low = (pattern * 31 + byte * 17) % 128;
      key = (key << 8n) | BigInt(low + 128 * ((pattern >> byte) & 1));
    }
    return BigInt.asIntN(64, key);
  });
}

const edges = [0n, 1n, -1n, min, min + 1n, max, max - 1n, 255n, 256n, -256n, 2n ** 32n];

describe("token", () => {
  it.each<[bigint, bigint]>([
    [0n, 2_945_182_322_382_062_539n],
    [1n, 6_292_367_497_774_912_474n],
    [-1n, 7_071_048_584_287_372_947n],
  ])("of %s is %s", (key, expected) => {
    expect(token(key)).toBe(expected);
  });

  it("is the driver's, for any key", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(token(key)).toBe(driverToken(key));
      }),
      runs(2000),
    );
    const keys = [...edges, ...signPatterns()];
    expect([...tokens(BigInt64Array.from(keys))]).toEqual(keys.map(driverToken));
  });

  it("reads unsigned keys as the same 64 bits", () => {
    const keys = BigUint64Array.of(0n, 1n, 2n ** 64n - 1n, 2n ** 63n);
    expect(tokens(keys)).toEqual(tokens(new BigInt64Array(keys.buffer)));
    const { codes } = encode({ xyz: Float64Array.of(1e6, 2e6, 3e6) }, 21);
    expect(tokens(codes)[0]).toBe(driverToken(codes[0] ?? 0n));
  });

  it("is never the ring's beginning", () => {
    // No key is known whose hash is -2^63: to find one takes about 2^63 tries.
    // The kernel maps it to 2^63 - 1 as the driver's oracle here does.
    const keys = BigInt64Array.from({ length: 200_000 }, (_, i) => BigInt(i) * 46_116_860_184_273n);
    const all = tokens(keys);
    expect(all.includes(min)).toBe(false);
    expect(all.some((each) => each < 0n) && all.some((each) => each > 0n)).toBe(true);
  });

  it.each<[string, () => unknown, string, string]>([
    ["2^63", () => token(2n ** 63n), "ARG_RANGE", "key must fit a signed 64-bit integer"],
    ["-2^63 - 1", () => token(min - 1n), "ARG_RANGE", "got -9223372036854775809n"],
    ["a number", () => token(untyped(1)), "ARG_TYPE", "key must be a bigint, got 1"],
  ])("refuses %s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("tileToken", () => {
  it("of level 18 and tile 1 is -8343371986880742615", () => {
    expect(tileToken(18, 1n)).toBe(-8_343_371_986_880_742_615n);
  });

  it("is the driver's, for any key", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 26 }), anyKey, (level, tile) => {
        expect(tileToken(level, tile)).toBe(driverTileToken(level, tile));
      }),
      runs(2000),
    );
    const tiles = [...edges, ...signPatterns()].map((tile) => BigInt.asUintN(64, tile));
    const one = tileTokens(26, BigUint64Array.from(tiles));
    expect([...one]).toEqual(tiles.map((tile) => driverTileToken(26, tile)));
  });

  it("takes a level a row, of any byte", () => {
    const levels = Uint8Array.from({ length: 256 }, (_, i) => i);
    const tiles = BigUint64Array.from(signPatterns(), (tile) => BigInt.asUintN(64, tile));
    const expected = [...levels].map((level, row) => driverTileToken(level, tiles[row] ?? 0n));
    expect([...tileTokens(levels, tiles)]).toEqual(expected);
  });

  it("is that of the tiles that encodeTiles gives", () => {
    const { tiles } = encodeTiles({ xyz: Float64Array.of(1e6, 2e6, 3e6) }, 26);
    expect(tileTokens(26, tiles)[0]).toBe(driverTileToken(26, tiles[0] ?? 0n));
  });

  it.each<[string, () => unknown, string, string]>([
    ["level 27", () => tileToken(27, 0n), "LEVEL_INVALID", "from 0 to 26, got 27"],
    ["level -1", () => tileToken(-1, 0n), "LEVEL_INVALID", "got -1"],
    ["level 0.5", () => tileTokens(0.5, new BigUint64Array(0)), "LEVEL_INVALID", "got 0.5"],
    ["a bigint level", () => tileToken(untyped(1n), 0n), "LEVEL_INVALID", "got 1n"],
    ["a number", () => tileToken(1, untyped(1)), "ARG_TYPE", "tile must be a bigint, got 1"],
    ["2^63", () => tileToken(1, 2n ** 63n), "ARG_RANGE", "tile must fit"],
  ])("refuses %s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("outputs", () => {
  it("are filled and returned", () => {
    const out = new BigInt64Array(2);
    expect(tokens(BigInt64Array.of(1n, 0n), { out })).toBe(out);
    expect([...out]).toEqual([token(1n), token(0n)]);
    expect(tileTokens(18, BigUint64Array.of(1n, 1n), { out })).toBe(out);
    expect([...out]).toEqual([tileToken(18, 1n), tileToken(18, 1n)]);
  });

  it("of nothing are nothing", () => {
    expect(tokens(new BigUint64Array(0))).toHaveLength(0);
    expect(tileTokens(new Uint8Array(0), new BigUint64Array(0))).toHaveLength(0);
  });
});

describeArrays({
  name: "tokens, outputs made",
  make: () => ({ keys: BigInt64Array.of(1n, 2n, 3n) }),
  anyLength: ["keys"],
  run: (at) => tokens(at("keys")),
  runAsync: (at) => tokensAsync(at("keys")),
});

describeArrays({
  name: "tokens into outputs",
  make: () => ({ keys: BigUint64Array.of(1n, 2n, 3n), out: new BigInt64Array(3) }),
  optional: ["out"],
  run: (at) => tokens(at("keys"), { out: at("out") }),
  runAsync: (at) => tokensAsync(at("keys"), { out: at("out") }),
});

describeArrays({
  name: "tileTokens into outputs",
  make: () => ({
    tiles: BigUint64Array.of(1n, 2n, 3n),
    levels: Uint8Array.of(1, 2, 3),
    out: new BigInt64Array(3),
  }),
  levels: ["levels"],
  optional: ["out"],
  run: (at) => tileTokens(at("levels"), at("tiles"), { out: at("out") }),
  runAsync: (at) => tileTokensAsync(at("levels"), at("tiles"), { out: at("out") }),
});
