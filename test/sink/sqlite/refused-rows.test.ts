import { describe, expect, it } from "vitest";
import { sliceSinkBatch } from "../../../src/sink/sink-batch.js";
import {
  change,
  loadTarget,
  openedSink,
  query,
  targetPaths,
  urlOf,
} from "../../support/loaded-target.js";
import { rejectionOf } from "../../support/rejection-of.js";
import { sinkBatch } from "../../support/sink-blocks.js";

const { newPath } = targetPaths();

describe("a row that the target refuses", () => {
  /** 100 rows, two of which break a rule of the target. */
  const many = Array.from({ length: 100 }, (_, i) => ({ level: 9, code: BigInt(i), material: i }));
  const rules: Record<string, string> = {
    index: "CREATE UNIQUE INDEX rule ON octree_nodes (material_id % 70) WHERE material_id < 75",
    trigger: `CREATE TRIGGER rule BEFORE INSERT ON octree_nodes WHEN new.material_id IN (40, 77)
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  };

  async function brokenTarget(rule: string): Promise<string> {
    const path = newPath();
    loadTarget(path, []);
    change(path, rules[rule] ?? "");
    return path;
  }

  it("fails the batch, of which nothing is written", async () => {
    const path = await brokenTarget("index");
    const sink = await openedSink(urlOf(path));
    const error = await rejectionOf(sink.write(sinkBatch(many)));
    expect(error.code).toBe("SINK_BATCH_FAILED");
    expect(error.fault).toMatch(/row 70: UNIQUE constraint failed.*SQLITE_CONSTRAINT_UNIQUE/);
    expect(query(path, "SELECT count(*) FROM octree_nodes")).toEqual([[0n]]);
    await sink.close();
  });

  it.each(["index", "trigger"])("stands alone after bisecting: %s", async (rule) => {
    const path = await brokenTarget(rule);
    const sink = await openedSink(urlOf(path));
    const refused: bigint[] = [];
    const bisect = async (batch: ReturnType<typeof sinkBatch>): Promise<void> => {
      try {
        await sink.write(batch);
      } catch {
        if (batch.rows === 1) {
          refused.push(BigInt(batch.cells[0] ?? 0));
          return;
        }
        const half = batch.rows >> 1;
        await bisect(sliceSinkBatch(batch, 0, half));
        await bisect(sliceSinkBatch(batch, half, batch.rows));
      }
    };
    await bisect(sinkBatch(many));
    await sink.finish();
    await sink.close();
    expect(refused).toEqual(rule === "index" ? [70n, 71n, 72n, 73n, 74n] : [40n, 77n]);
    const loaded = query(path, "SELECT morton_code FROM octree_nodes").flat();
    const wanted = many.map(({ code }) => code).filter((code) => !refused.includes(code));
    expect(loaded).toEqual(wanted);
  });

  it("is one of level 22 in layout node", async () => {
    const path = newPath();
    const sink = await openedSink(urlOf(path));
    const error = await rejectionOf(sink.write(sinkBatch([...many, { level: 22, code: 5n }])));
    expect(error.code).toBe("SINK_BATCH_FAILED");
    expect(error.fault).toMatch(/row 100: a whole code has at most level 21/);
    await sink.close();
  });
});
