import { describe, expect, it } from "vitest";
import { commandArguments, commandBytes, keyOfCall } from "../../../src/redis/commands.js";
import { Fifo } from "../../../src/sink/redis/fifo.js";
import { bytesOf, entriesOf, parcelOf, parcelOfResends } from "../../../src/sink/redis/parcel.js";
import { SlotTable } from "../../../src/sink/redis/slot-table.js";

describe("a parcel", () => {
  it("copies a part of what was encoded", () => {
    const bytes = Buffer.from("aabbbccccd");
    const encoded = {
      ...{ count: 7, commands: 4, bytes, offsets: Uint32Array.of(0, 2, 5, 9, 10) },
      ...{ firstEntries: Uint32Array.of(0, 2, 3, 6), entriesOf: Uint32Array.of(2, 1, 3, 1) },
      ...{
        rows: new Uint32Array(7),
        nodeCommands: Uint32Array.of(0, 4),
        ownerless: new Uint32Array(0),
      },
    };
    const parcel = parcelOf(encoded, 1, 3);
    bytes.fill("x");
    expect(Buffer.from(parcel.bytes).toString()).toBe("bbbcccc");
    expect([...parcel.offsets]).toEqual([0, 3, 7]);
    expect(entriesOf(parcel, 0, 2)).toBe(4);
    expect(entriesOf(parcel, 1, 2)).toBe(3);
    expect(bytesOf(parcel, 1, 2)).toBe(4);
  });

  it("puts a command without entries before each one that asks for it", () => {
    const resends = [
      { bytes: Buffer.from("one"), entries: 2, attempts: 1 },
      { bytes: Buffer.from("two"), entries: 1, attempts: 3 },
    ];
    const parcel = parcelOfResends(resends, Buffer.from("ask-"));
    expect(Buffer.from(parcel.bytes).toString()).toBe("ask-oneask-two");
    expect([...parcel.firstEntry]).toEqual([0, 0, 2, 2, 3]);
    expect(parcel).toMatchObject({ commands: 4, attempts: 3 });
  });
});

describe("a command's bytes", () => {
  it("are taken apart as they were put together", () => {
    const args = ["FCALL", "f", "1", "a\r\n$1\r\nключ", "", Buffer.from([0, 255, 13, 10])];
    const bytes = commandBytes(args);
    expect(commandArguments(bytes)).toEqual(args.map((arg) => Buffer.from(arg)));
    expect(keyOfCall(bytes).toString()).toBe("a\r\n$1\r\nключ");
  });
});

describe("a queue", () => {
  it("is first in, first out, at any length", () => {
    const fifo = new Fifo<number>();
    const out: (number | undefined)[] = [];
    for (let i = 0; i < 1000; i++) {
      fifo.push(i);
      if (i % 3 !== 0) out.push(fifo.shift());
    }
    expect(fifo.length).toBe(1000 - out.length);
    expect(fifo.first).toBe(out.length);
    expect([...out, ...fifo.clear()]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(fifo.shift()).toBeUndefined();
  });
});

describe("a slot table", () => {
  it("keeps a node's number, whatever slots it has", () => {
    const table = new SlotTable();
    const owners = Array.from({ length: 16_384 }, (_, slot) => (slot < 8000 ? "a:1" : "b:1"));
    table.load(owners);
    table.set(5, "c:1");
    expect([table.ownerOf(4), table.ownerOf(5), table.ownerOf(9000)]).toEqual([
      "a:1",
      "c:1",
      "b:1",
    ]);
    table.load(owners.map((owner) => (owner === "a:1" ? undefined : owner)));
    expect(table.ownerOf(4)).toBeUndefined();
    const before = table.snapshot();
    table.set(9000, "a:1");
    expect(before).toMatchObject({ nodes: 3, names: ["a:1", "b:1", "c:1"] });
    expect([before.nodeOfSlot[9000], before.nodeOfSlot[4]]).toEqual([1, 0xffff]);
  });
});
