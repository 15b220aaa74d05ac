import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CursorCheckpoint, DeadLetter } from "../../src/load/checkpoint.js";
import { RunStore } from "../../src/load/run-store.js";
import { prunedKeysOf } from "../support/prune-samples.js";
import { deadLettersOf } from "../support/run-samples.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const url = "null:";

function checkpoint(cursor: number, loaded: number): CursorCheckpoint {
  const position = new Uint8Array([cursor, loaded]);
  return { url, cursor, position, loaded, rejected: 0, skipped: 0, digests: [], isDone: false };
}

function letter(rowid: bigint): DeadLetter {
  const why = { code: "ROW_REFUSED", message: "no", row: null } as const;
  return { file: "a.gpkg", rowid, sink: url, stage: "sink", ...why };
}

it("saves what many cursors acknowledge at once, and tells each its new letters", async () => {
  const runDir = mkdtempSync(join(folder, "run-"));
  const store = await RunStore.open(runDir);
  const added = await Promise.all([
    store.acknowledge(checkpoint(0, 1), []),
    store.acknowledge(checkpoint(1, 1), [letter(1n), letter(2n)]),
    store.acknowledge(checkpoint(0, 2), [letter(2n), letter(3n)]),
    store.acknowledge(checkpoint(2, 7), []),
    store.acknowledge({ ...checkpoint(1, 5), position: null, isDone: true }, [letter(1n)]),
  ]);
  expect(added).toEqual([[], [0, 1], [1], [], []]);
  const saved = [checkpoint(0, 2), { ...checkpoint(1, 5), position: null, isDone: true }];
  expect(await store.checkpoints()).toEqual([...saved, checkpoint(2, 7)]);
  await store.close();
  expect(deadLettersOf(runDir).map(({ rowid }) => rowid)).toEqual([1n, 2n, 3n]);
  const again = await RunStore.open(runDir);
  expect((await again.checkpoints()).length).toBe(3);
  await again.clear();
  expect(await again.checkpoints()).toEqual([]);
  await again.close();
});

it("keeps the parts of a cursor's digests until it is given the whole", async () => {
  const runDir = mkdtempSync(join(folder, "run-"));
  const store = await RunStore.open(runDir);
  const part = (...bytes: number[]) => ({ bytes: new Uint8Array(bytes), isWhole: false });
  const digestsOf = async (from: RunStore) =>
    (await from.checkpoints()).map(({ digests }) => digests.map((bytes) => [...bytes]));
  await store.acknowledge(checkpoint(0, 1), [], part(1));
  await store.acknowledge(checkpoint(1, 1), [], part(9));
  await store.acknowledge(checkpoint(0, 2), []);
  await store.acknowledge(checkpoint(0, 3), [], part(2, 3));
  expect(await digestsOf(store)).toEqual([[[1], [2, 3]], [[9]]]);
  await store.acknowledge(checkpoint(0, 4), [], { ...part(7), isWhole: true });
  await store.acknowledge(checkpoint(0, 5), [], part(8));
  await store.close();
  const again = await RunStore.open(runDir);
  expect(await digestsOf(again)).toEqual([[[7], [8]], [[9]]]);
  await again.clear();
  await again.acknowledge(checkpoint(0, 1), []);
  expect(await digestsOf(again)).toEqual([[]]);
  await again.close();
});

it("fails each of those that were to be saved together", async () => {
  const store = await RunStore.open(mkdtempSync(join(folder, "run-")));
  const bad = { ...checkpoint(0, 1), url: null } as unknown as CursorCheckpoint;
  const ends = await Promise.allSettled([
    store.acknowledge(checkpoint(0, 1), []),
    store.acknowledge(bad, []),
    store.acknowledge(checkpoint(1, 1), []),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(await store.checkpoints()).toEqual([]);
  await store.acknowledge(checkpoint(1, 1), []);
  expect(await store.checkpoints()).toEqual([checkpoint(1, 1)]);
  await store.close();
});

it("lists each pruned key once, and forgets nothing of a prune but with the run", async () => {
  const runDir = mkdtempSync(join(folder, "run-"));
  const store = await RunStore.open(runDir);
  const key = (code: bigint, writeTimeUs: bigint | null) => ({ level: 3, code, writeTimeUs });
  const deep = { level: 26, code: 2n ** 78n - 1n, writeTimeUs: 5n };
  expect(await store.addPrunedKeys(url, [key(1n, 7n), key(2n, null), deep])).toBe(3);
  expect(await store.addPrunedKeys(url, [key(1n, 9n), key(3n, 8n)])).toBe(1);
  expect(await store.addPrunedKeys("sqlite:b", [key(1n, 7n)])).toBe(1);
  await store.endPrunedPart(url, { part: 4, live: 2 });
  await store.endPrunedPart(url, { part: 9, live: 1 });
  await store.close();
  expect(prunedKeysOf(runDir).filter(({ sink }) => sink === url)).toEqual([
    { sink: url, key: `26 ${2n ** 78n - 1n}`, writeTime: 5n },
    { sink: url, key: "3 1", writeTime: 7n },
    { sink: url, key: "3 2", writeTime: null },
    { sink: url, key: "3 3", writeTime: 8n },
  ]);
  const again = await RunStore.open(runDir);
  expect(await again.endedPrunedParts(url)).toEqual([
    { part: 4, live: 2 },
    { part: 9, live: 1 },
  ]);
  const counts = () => again.countPruned([url, "sqlite:b", "null:c"]);
  expect(await counts()).toEqual([
    { url, pruned: 4, live: 3 },
    { url: "sqlite:b", pruned: 1, live: 0 },
    { url: "null:c", pruned: 0, live: 0 },
  ]);
  await again.clear();
  expect((await counts()).every(({ pruned, live }) => pruned + live === 0)).toBe(true);
  await again.close();
});
