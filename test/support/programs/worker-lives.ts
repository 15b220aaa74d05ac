// The addon is loaded by worker threads only: they come and go, some in the
// middle of jobs on the pool. Exits 0 after all of them.
import { once } from "node:events";
import { isMainThread, parentPort } from "node:worker_threads";
import {
  decodeAsync,
  encodeAsync,
  encodeEnvelopesAsync,
  tokensAsync,
  trainDictionaryAsync,
} from "../../../src/index.js";
import { startWorker } from "../start-worker.js";

const rows = 100_000;
const x = Float64Array.from({ length: rows }, (_, i) => i);
const codes = new BigUint64Array(rows);
const bytes = Buffer.from('{"sensor":"north","quality":"good"}'.repeat(100));
const offsets = Uint32Array.from({ length: 101 }, (_, i) => i * 35);

/** More jobs than the pool has threads. */
function startJobs(): Promise<unknown>[] {
  return Array.from({ length: 4 }, () => [
    trainDictionaryAsync({ bytes, offsets }),
    encodeAsync({ x, y: x, z: x }, 21),
    decodeAsync(codes, 21),
    tokensAsync(codes),
    encodeEnvelopesAsync({ x, y: x, z: x, codes, level: 21 }),
  ]).flat();
}

async function worker(): Promise<void> {
  parentPort?.on("message", () => parentPort?.close());
  const { codes } = await encodeAsync({ xyz: Float64Array.of(0, 0, 0) }, 1);
  const jobs = startJobs();
  parentPort?.postMessage(codes[0]);
  await Promise.all(jobs);
}

/** Odd rounds let the jobs come to their end, even ones do not. */
async function liveOnce(round: number): Promise<void> {
  const workers = Array.from({ length: 2 }, () => startWorker(new URL(import.meta.url)));
  const answers = await Promise.all(workers.map((each) => once(each, "message")));
  for (const [code] of answers) if (code !== 7n) throw new Error(`got ${code}`);
  const gone = workers.map((each) => once(each, "exit"));
  for (const each of workers) {
    if (round % 2 === 0) await each.terminate();
    else each.postMessage("end");
  }
  await Promise.all(gone);
}

async function main(): Promise<void> {
  for (let round = 0; round < 4; round += 1) await liveOnce(round);
  console.log("all workers gone");
}

await (isMainThread ? main() : worker());
