import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { createSink } from "../../../src/sink/create-sink.js";
import { rejectionOf } from "../../support/rejection-of.js";
import { sinkBatch, targetFacts } from "../../support/sink-blocks.js";
import { describeOnSmallDisk } from "../../support/small-disk.js";

const ROWS = 200;

/** Batch i, half a megabyte. */
function batchOf(i: number) {
  const metadata = Uint8Array.from({ length: 2500 }, (_, j) => (i * 7919 + j * j * 31) >> 3);
  const codes = Array.from({ length: ROWS }, (_, j) => BigInt(i * ROWS + j));
  return sinkBatch(codes.map((code) => ({ level: 9, code, id: code, metadata })));
}

describeOnSmallDisk(24 << 20, "a full disk", (disk) => {
  it("ends the load with what was acknowledged, and the load goes on when there is room", async () => {
    const path = join(disk, "target.db");
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, new Uint8Array(18 << 20));
    const first = await createSink(`sqlite:${path}`);
    await first.open(targetFacts());
    let acknowledged = 0;
    const failure = await rejectionOf(
      (async () => {
        for (;;) {
          await first.write(batchOf(acknowledged));
          acknowledged++;
        }
      })(),
    );
    await first.close();
    expect(failure.code).toBe("TARGET_FULL");
    expect(failure.fault).toContain(path);

    rmSync(ballast);
    const second = await createSink(`sqlite:${path}`);
    await second.open(targetFacts());
    await second.write(batchOf(acknowledged));
    await second.finish();
    await second.close();
    const database = new Database(path, { readonly: true });
    const count = database.prepare("SELECT count(*), max(morton_code) FROM octree_nodes").raw();
    const rows = (acknowledged + 1) * ROWS;
    expect(count.get()).toEqual([rows, rows - 1]);
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    database.close();
  });
});
