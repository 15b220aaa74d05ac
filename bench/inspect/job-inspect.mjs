// A whole inspection without a target: node job-inspect.mjs SOURCE MEMORY_MIB WORK_DIR
import { inspect } from "../../dist/inspect/inspect.js";
import { printCost } from "../load/process-cost.mjs";

const [source = "", memoryMib = "256", workDir = "/tmp"] = process.argv.slice(2);

await printCost(async () => {
  const { source: found, exitCode } = await inspect({
    sources: [source],
    memoryBytes: Number(memoryMib) * 2 ** 20,
    workDir,
  });
  if (found === null || exitCode !== 0) throw new Error(`the inspection ended: ${exitCode}`);
  const { scanMs, deriveMs, readMs, encodeMs, sortMs } = found.times;
  return { rows: found.rows, stagesMs: { scanMs, deriveMs, readMs, encodeMs, sortMs } };
});
