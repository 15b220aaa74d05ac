// A worker thread that sends the digest of some batches each time it is asked,
// and that of one made on the pool.
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { encodeAsync } from "../../../src/index.js";
import { batchDigest } from "../batch-digest.js";

async function answer(x: Float64Array): Promise<void> {
  const { codes } = await encodeAsync({ x, y: x, z: x }, 21);
  const onPool = createHash("sha256").update(new Uint8Array(codes.buffer)).digest("hex");
  parentPort?.postMessage({ digest: batchDigest(), onPool });
}

parentPort?.on("message", answer);
