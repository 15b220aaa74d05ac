// `npm run fault-test [-- --only NAME,... --rows N --out FOLDER]`: set-up, then fault-test.ts.
import { runAttached } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

await ensureSetupOrExit();
const command = ["--import", "tsx", "scripts/fault-test.ts", ...process.argv.slice(2)];
process.exitCode = await runAttached(process.execPath, command);
