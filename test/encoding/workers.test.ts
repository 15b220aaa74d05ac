import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../../src/index.js";
import { batchDigest } from "../support/batch-digest.js";
import { programUrl, runProgram } from "../support/run-program.js";
import { startWorker } from "../support/start-worker.js";

const started: Worker[] = [];

function startBatchWorker(): Worker {
  const worker = startWorker(programUrl("batch-worker"));
  started.push(worker);
  return worker;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.terminate()));
});

async function ask(worker: Worker, points: Float64Array): Promise<unknown> {
  const answer = once(worker, "message");
  worker.postMessage(points);
  const [message] = (await answer) as unknown[];
  return message;
}

describe("worker threads", () => {
  const x = Float64Array.from({ length: 100_000 }, (_, i) => i * 99.9);
  const codes = encode({ x, y: x, z: x }, 21).codes;
  const onPool = createHash("sha256").update(new Uint8Array(codes.buffer)).digest("hex");

  it("compute what the main thread computes, several at once and again and again", async () => {
    const workers = Array.from({ length: 4 }, startBatchWorker);
    const expected = { digest: batchDigest(), onPool };
    for (let round = 0; round < 5; round += 1) {
      const answers = workers.map((worker) => ask(worker, x));
      expect(batchDigest()).toBe(expected.digest);
      expect(await Promise.all(answers)).toEqual(workers.map(() => expected));
    }
  });

  it("load the addon anew after others have let it go", async () => {
    for (let life = 0; life < 3; life += 1) {
      const worker = startBatchWorker();
      expect(await ask(worker, x)).toEqual({ digest: batchDigest(), onPool });
      await worker.terminate();
    }
  });

  it("may be ended in the middle of a job, in a process that never loads the addon", async () => {
    const { exitCode, signal, stdout, stderr } = await runProgram("worker-lives");
    expect({ exitCode, signal }, stderr).toEqual({ exitCode: 0, signal: null });
    expect(stdout).toBe("all workers gone\n");
  });
});
