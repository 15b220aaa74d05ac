// `npm run bench [-- ARGUMENTS]`: set-up, then a benchmark of bench/: encoding,
// or with "load" as the first argument the whole backfill.
import { runAttached } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

await ensureSetupOrExit();
const args = process.argv.slice(2);
const isLoad = args[0] === "load";
const program = isLoad ? "bench/load/main.ts" : "bench/main.ts";
const command = ["--import", "tsx", program, ...(isLoad ? args.slice(1) : args)];
process.exitCode = await runAttached(process.execPath, command);
