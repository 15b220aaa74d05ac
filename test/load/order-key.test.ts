import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  keyBytes,
  orderNumber,
  positionBefore,
  sinkOrders,
  tokenKey,
} from "../../src/load/order-key.js";
import { runs } from "../support/seed.js";

const anyToken = fc.oneof(
  fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n),
  fc.constantFrom(-(2n ** 63n) + 1n, -1n, 0n, 1n, 2n ** 63n - 1n),
);

describe("the key of a token", () => {
  it("compares bytewise as tokens compare", () => {
    fc.assert(
      fc.property(anyToken, anyToken, (a, b) => {
        const order = Buffer.compare(tokenKey(a), tokenKey(b));
        expect(order === 0).toBe(a === b);
        expect(order < 0).toBe(a < b);
      }),
      runs(500),
    );
  });

  it("is as wide as the keys of the token orders, and the lowest of its token", () => {
    const key = tokenKey(-(2n ** 63n) + 1n);
    expect([...key]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, ...Array(16).fill(0)]);
    expect(keyBytes("node-token")).toBe(key.length);
    expect(keyBytes("tile-token")).toBe(key.length);
  });
});

describe("the orders", () => {
  it("have a number each", () => {
    expect(sinkOrders.map(orderNumber)).toEqual(sinkOrders.map((_, i) => i));
  });

  it("have positions that begin at a key, none of its rows read", () => {
    const position = positionBefore(Uint8Array.of(1, 2, 3));
    expect([...position]).toEqual([1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
