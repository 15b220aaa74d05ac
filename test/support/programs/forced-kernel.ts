// Says which kernel OCTOLOAD_KERNEL chose and what it computes, or why it is refused.
import { activeKernel, OctoloadError } from "../../../src/index.js";
import { batchDigest } from "../batch-digest.js";

function report(): unknown {
  try {
    return { digest: batchDigest(), kernel: activeKernel() };
  } catch (error) {
    if (error instanceof OctoloadError) return { code: error.code, message: error.message };
    throw error;
  }
}

console.log(JSON.stringify(report()));
