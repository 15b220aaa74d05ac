import { describe, expect, it } from "vitest";
import { MAX_ATTEMPTS, type Redelivered, Redelivery } from "../../../src/sink/redis/redelivery.js";

const item = (change: Partial<Redelivered> = {}): Redelivered => ({
  ...{ bytes: new Uint8Array(100), entries: 1, attempts: 1 },
  ...{ reason: "unavailable", node: undefined, isAsking: false },
  ...change,
});

describe("commands that are sent again", () => {
  it("wait twice as long each time, not all equally long", () => {
    for (const [random, factor] of [
      [0, 0.5],
      [0.5, 1],
    ] as const) {
      const redelivery = new Redelivery(() => random);
      for (const attempts of [1, 2, 5]) {
        const waitMs = 20 * 2 ** (attempts - 1) * factor;
        expect(redelivery.add(item({ attempts }), 1000)).toBe(true);
        expect(redelivery.due(1000 + waitMs - 0.01)).toEqual([]);
        expect(redelivery.due(1000 + waitMs)).toHaveLength(1);
      }
    }
  });

  it("follow a redirection at once, unless it led nowhere", () => {
    const redelivery = new Redelivery(() => 0);
    redelivery.add(item({ node: "a:1", attempts: 3 }), 0);
    redelivery.add(item({ node: "a:1", attempts: 4 }), 0);
    expect(redelivery.due(0)).toHaveLength(1);
    expect(redelivery.due(1000)).toHaveLength(1);
  });

  it("are given up after so many attempts, or where too many wait", () => {
    const redelivery = new Redelivery();
    expect(redelivery.add(item({ attempts: MAX_ATTEMPTS }), 0)).toBe(false);
    const large = item({ bytes: new Uint8Array(4 * 1024 * 1024) });
    expect(redelivery.add(large, 0)).toBe(true);
    expect(redelivery.add(item(), 0)).toBe(false);
    expect(redelivery.clear()).toEqual([large]);
    expect(redelivery.bytes).toBe(0);
    expect(redelivery.add(item(), 0)).toBe(true);
  });
});
