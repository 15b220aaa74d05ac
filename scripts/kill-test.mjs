// `npm run kill-test [-- ROWS [KILLS [SEED]]]`: set-up, then kill-test.ts.
import { runAttached } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

await ensureSetupOrExit();
const command = ["--import", "tsx", "scripts/kill-test.ts", ...process.argv.slice(2)];
process.exitCode = await runAttached(process.execPath, command);
