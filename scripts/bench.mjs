// `npm run bench [-- ARGUMENTS]`: set-up, then a benchmark of bench/: encoding, or what the first
// argument names: "load" (whole backfills), "inspect", "validate", "cassandra" or "redis" (a real
// server beside other loaders).
import { runAttached } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

await ensureSetupOrExit();
const args = process.argv.slice(2);
const isNamed = ["load", "inspect", "validate", "cassandra", "redis"].includes(args[0] ?? "");
const program = isNamed ? `bench/${args[0]}/main.ts` : "bench/main.ts";
const command = ["--import", "tsx", program, ...(isNamed ? args.slice(1) : args)];
process.exitCode = await runAttached(process.execPath, command);
