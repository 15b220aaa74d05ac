// `npm run bench -- ARGUMENTS`: set-up, then the benchmarks of bench/.
import { runAttached } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

await ensureSetupOrExit();
const benchmarks = ["--import", "tsx", "bench/main.ts"];
process.exitCode = await runAttached(process.execPath, [...benchmarks, ...process.argv.slice(2)]);
