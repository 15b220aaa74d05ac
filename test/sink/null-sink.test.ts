import { expect, it } from "vitest";
import { NullSink } from "../../src/sink/null-sink.js";
import { sinkBatch } from "../support/sink-blocks.js";

it("counts what it takes", async () => {
  const sink = new NullSink();
  await sink.open();
  const batch = sinkBatch([
    { level: 1, code: 3n },
    { level: 2, code: 60n, metadata: "some" },
  ]);
  expect(await sink.write(batch)).toEqual({ refused: [] });
  await sink.write(sinkBatch([{ level: 0, code: 0n }]));
  await sink.finish();
  await sink.close();
  expect(sink.rows).toBe(3);
  expect(sink.bytes).toBe(batch.bytes.length + sinkBatch([{ level: 0, code: 0n }]).bytes.length);
});
