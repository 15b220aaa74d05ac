import { describe, expect, it } from "vitest";
import { frames } from "../../src/encoding/frame.js";
import { MAX_CODE_LEVEL } from "../../src/encoding/level.js";
import { RowDigester } from "../../src/encoding/row-digester.js";
import type { Chunk, Delivery } from "../../src/load/sorted-run.js";
import type { RowBlock } from "../../src/target/row-reader.js";
import { RowMerge } from "../../src/validate/row-merge.js";
import { type SinkRow, sinkBatch } from "../support/sink-blocks.js";

const ROWS_A_CHUNK = 50;
const position = new Uint8Array();

/** Fills the memory that it is given at once, as another thread may. */
class PromptDelivery implements Delivery {
  readonly #rows: SinkRow[];

  constructor(rows: readonly SinkRow[]) {
    this.#rows = [...rows];
  }

  async next(_maxRows: number, free: SharedArrayBuffer): Promise<Chunk> {
    const rows = this.#rows.splice(0, ROWS_A_CHUNK);
    const counts = { rows: rows.length, read: rows.length, isEnd: this.#rows.length === 0 };
    const bytes = new Uint8Array(sinkBatch(rows).block);
    new Uint8Array(free).fill(0xff);
    new Uint8Array(free).set(bytes);
    return { block: free, ...counts, position };
  }
}

async function* noBlocks(): AsyncGenerator<RowBlock, void> {
  // An empty target.
}

describe("a merge of the source's rows and the target's", () => {
  it("tells findings of a block while the next but one is read", async () => {
    const rows = Array.from({ length: 5 * ROWS_A_CHUNK }, (_, i) => {
      return { level: 9, code: BigInt(1000 + i), metadata: "x".repeat(i % 7) };
    });
    const merge = new RowMerge(
      { order: "node", maxLevel: MAX_CODE_LEVEL },
      new PromptDelivery(rows),
      noBlocks(),
      new RowDigester({ frame: frames.centred }),
    );
    const found: bigint[] = [];
    for (let step = await merge.next(); step !== undefined; step = await merge.next()) {
      const { batch, indexes = [] } = step.rows ?? {};
      // As a consumer that looks at them a little later than at once.
      await new Promise(setImmediate);
      for (const row of indexes) {
        expect(batch?.levels[row]).toBe(9);
        found.push(((batch?.tiles[row] ?? 0n) << 15n) | BigInt(batch?.cells[row] ?? 0));
      }
    }
    await merge.close();
    expect(found).toEqual(rows.map(({ code }) => code));
    expect(merge.counts).toMatchObject({ sourceRows: rows.length, targetRows: 0, equal: 0 });
    expect((await merge.digests()).rows).toBe(rows.length);
  });
});
