// `npm run independent-check [-- --rows N --cluster DIR --dir DIR]`: set-up, then
// independent-check.ts.
import { runAttached } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

await ensureSetupOrExit();
const command = ["--import", "tsx", "scripts/independent-check.ts", ...process.argv.slice(2)];
process.exitCode = await runAttached(process.execPath, command);
