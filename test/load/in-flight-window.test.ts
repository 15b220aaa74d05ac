import { describe, expect, it } from "vitest";
import { InFlightWindow } from "../../src/load/in-flight-window.js";

const never = new AbortController().signal;

/** The names of the batches that were admitted, in their order. */
function asking(window: InFlightWindow) {
  const admitted: string[] = [];
  const ask = async (name: string, rows: number, bytes: number, signal = never) => {
    await window.acquire({ rows, bytes }, signal).then(
      () => admitted.push(name),
      () => admitted.push(`${name} left`),
    );
  };
  return { admitted, ask };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("an in-flight window", () => {
  it("holds rows and bytes, and admits in the order of asking", async () => {
    const window = new InFlightWindow({ rows: 10, bytes: 100 });
    const { admitted, ask } = asking(window);
    await ask("a", 6, 10);
    const rest = [ask("b", 5, 10), ask("c", 1, 10), ask("d", 1, 95)];
    await settle();
    expect(admitted).toEqual(["a"]);
    expect(window.hasRoom({ rows: 1, bytes: 1 })).toBe(false);
    window.release({ rows: 6, bytes: 10 });
    await settle();
    expect(admitted).toEqual(["a", "b", "c"]);
    expect(window.rows).toBe(6);
    window.release({ rows: 5, bytes: 10 });
    window.release({ rows: 1, bytes: 10 });
    await Promise.all(rest);
    expect(admitted).toEqual(["a", "b", "c", "d"]);
  });

  it("takes a batch that is larger than itself when nothing else is on the way", async () => {
    const window = new InFlightWindow({ rows: 10, bytes: 100 });
    const { admitted, ask } = asking(window);
    await ask("a", 1, 1);
    const rest = [ask("large", 3, 5000), ask("b", 1, 1)];
    await settle();
    expect(admitted).toEqual(["a"]);
    window.release({ rows: 1, bytes: 1 });
    await settle();
    expect(admitted).toEqual(["a", "large"]);
    window.release({ rows: 3, bytes: 5000 });
    await Promise.all(rest);
    expect(admitted).toEqual(["a", "large", "b"]);
    window.release({ rows: 1, bytes: 1 });
    expect(window.rows).toBe(0);
  });

  it("lets the next ones in when one leaves", async () => {
    const window = new InFlightWindow({ rows: 10, bytes: 100 });
    const { admitted, ask } = asking(window);
    const stop = new AbortController();
    await ask("a", 8, 1);
    const rest = [ask("b", 9, 1, stop.signal), ask("c", 2, 1)];
    await settle();
    expect(admitted).toEqual(["a"]);
    stop.abort();
    await Promise.all(rest);
    expect(admitted.sort()).toEqual(["a", "b left", "c"]);
    expect(window.rows).toBe(10);
    await ask("d", 1, 1, stop.signal);
    expect(admitted).toContain("d left");
    expect(window.rows).toBe(10);
  });
});
