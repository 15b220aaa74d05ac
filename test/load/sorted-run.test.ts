import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Frame, frames } from "../../src/encoding/frame.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { positionBefore, sinkOrders, tokenKey } from "../../src/load/order-key.js";
import { SortedRun } from "../../src/load/sorted-run.js";
import type { SinkOrder } from "../../src/sink/sink.js";
import { viewSinkBatch } from "../../src/sink/sink-batch.js";
import { Source } from "../../src/source/source.js";
import { driverTileToken, driverToken } from "../support/driver-token.js";
import { runs } from "../support/seed.js";
import { writeTree } from "../support/small-trees.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let made = 0;

interface Row {
  readonly tile: bigint;
  readonly code: bigint;
  readonly level: number;
  /** What it was derived and encoded to. */
  readonly facts: string;
}

const anyRow = fc.record({
  path: fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 26, size: "max" }),
  material: fc.option(fc.integer({ min: 0, max: 3 })),
});

/** A source, read and derived. */
async function sortedTree(rows: Parameters<typeof writeTree>[1]): Promise<SortedRun> {
  made += 1;
  const path = join(folder, `${made}.db`);
  writeTree(path, rows);
  const source = await Source.open({ paths: [path] });
  const sorted = await SortedRun.open({
    folder: join(folder, `${made}-spill`),
    identity: "a tree",
    memoryBytes: MIN_MEMORY_BYTES * sinkOrders.length,
    orders: sinkOrders,
    frame: Frame.from(frames.centred),
    coerceText: false,
    minLevel: 0,
    maxLevel: 26,
    limit: Number.MAX_SAFE_INTEGER,
    selection: undefined,
  });
  const block = await source.read(0, null, { maxRows: 1000, maxBytes: 2 ** 20 });
  await source.close();
  if (block !== null) {
    await sorted.add(new Uint8Array(block), rows.length, { file: 0, absent: 0, columnSet: 0 });
  }
  await sorted.finishInput();
  await sorted.openDerivation();
  while (!(await sorted.derive(1000)).isDone);
  await sorted.finishDerivation();
  return sorted;
}

async function rowsOf(
  sorted: SortedRun,
  order: SinkOrder,
  lower?: Uint8Array,
  upper?: Uint8Array,
): Promise<Row[]> {
  const from = lower === undefined ? undefined : positionBefore(lower);
  const delivery = await sorted.openDelivery(order, from, upper);
  const rows: Row[] = [];
  for (;;) {
    const { block, isEnd } = await delivery.next(7, new SharedArrayBuffer(1024));
    if (isEnd) return rows;
    if (block === undefined) continue;
    const batch = viewSinkBatch(block);
    for (let i = 0; i < batch.rows; i += 1) {
      const tile = batch.tiles[i] ?? 0n;
      const envelope = batch.bytes.slice(batch.offsets[i], batch.offsets[i + 1]);
      const derived = [batch.masks[i], batch.homogeneities[i], batch.materials[i]];
      rows.push({
        tile,
        code: (tile << 15n) | BigInt(batch.cells[i] ?? 0),
        level: batch.levels[i] ?? 0,
        facts: JSON.stringify([...derived, batch.rowids[i]?.toString(), ...envelope]),
      });
    }
  }
}

/** Its keys with their tokens, some at a time. */
async function keysOf(
  sorted: SortedRun,
  order: SinkOrder,
  lower?: Uint8Array,
  upper?: Uint8Array,
): Promise<Pick<Row, "code" | "level">[]> {
  const source = await sorted.openKeys(order, lower, upper);
  const keys: Pick<Row, "code" | "level">[] = [];
  for (;;) {
    const { rows, tokens, tiles, cells, levels } = await source.next();
    if (rows === 0) return keys;
    for (let i = 0; i < rows; i += 1) {
      const [tile, level] = [tiles[i] ?? 0n, levels[i] ?? 0];
      const row = { code: (tile << 15n) | BigInt(cells[i] ?? 0), level, tile, facts: "" };
      if (order.endsWith("-token")) expect(tokens[i]).toBe(tokenIn(order, row));
      keys.push({ code: row.code, level });
    }
  }
}

const keyOf = ({ code, level }: Row) => ({ code, level });

function tokenIn(order: SinkOrder, { code, level, tile }: Row): bigint {
  if (order === "node-token") return driverToken(BigInt.asIntN(64, code));
  return order === "tile-token" ? driverTileToken(level, tile) : 0n;
}

/** The order as the tables' keys say it, by sorting. */
function inOrder(order: SinkOrder, rows: readonly Row[]): Row[] {
  const byCode = order.startsWith("node");
  const rank = (row: Row): bigint[] => {
    const key = byCode ? [row.code, BigInt(row.level)] : [BigInt(row.level), row.code];
    return [tokenIn(order, row), ...key];
  };
  return [...rows].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const at = x.findIndex((value, i) => value !== y[i]);
    if (at < 0) return 0;
    return (x[at] ?? 0n) < (y[at] ?? 0n) ? -1 : 1;
  });
}

describe("a sorted run", () => {
  it("gives the same rows in each order, and from one token to another", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { minLength: 1, maxLength: 60, size: "max" }),
        fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n),
        async (tree, cut) => {
          const sorted = await sortedTree(tree);
          const all = await rowsOf(sorted, "node");
          expect(all).toHaveLength(new Set(tree.map(({ path }) => path.join())).size);
          for (const order of sinkOrders) {
            const expected = inOrder(order, all);
            expect(await rowsOf(sorted, order)).toEqual(expected);
            expect(await keysOf(sorted, order)).toEqual(expected.map(keyOf));
            if (!order.endsWith("-token")) continue;
            const isBelow = (row: Row) => tokenIn(order, row) < cut;
            const below = await rowsOf(sorted, order, undefined, tokenKey(cut));
            expect(below).toEqual(expected.filter(isBelow));
            const keysBelow = await keysOf(sorted, order, undefined, tokenKey(cut));
            expect(keysBelow).toEqual(below.map(keyOf));
            const above = await rowsOf(sorted, order, tokenKey(cut));
            expect(above).toEqual(expected.filter((row) => !isBelow(row)));
            expect(await keysOf(sorted, order, tokenKey(cut))).toEqual(above.map(keyOf));
          }
          await sorted.close();
        },
      ),
      runs(15),
    );
  });
});
