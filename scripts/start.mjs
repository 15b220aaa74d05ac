// `npm start`: set-up, then what octoload finds on this machine and one point
// to its cell and back.
import { join } from "node:path";
import { packageRoot } from "./lib/package.mjs";
import { run } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

const program = join(packageRoot, "dist/cli/main.js");

/** About the summit of Mont Blanc, 6.865 E 45.833 N 4808 m, in metres of the default frame. */
const point = ["762800", "5092511", "4808"];
const level = "20";

const tryNext = `Try next:
  npm test                                  every check and test there is
  npm run bench                             how fast this machine encodes and decodes
  node dist/cli/main.js --help              all commands
  node dist/cli/main.js encode 0 0 0 --level 26 --json`;

/**
 * Runs one octoload command in view and returns what it printed on stdout and
 * stderr. One that fails ends the process with its exit code.
 *
 * @param {readonly string[]} args
 */
async function show(...args) {
  console.log(`$ octoload ${args.join(" ")}`);
  const { code, output } = await run(process.execPath, [program, ...args]);
  console.log(output);
  if (code !== 0) process.exit(code);
  return output.trim();
}

await ensureSetupOrExit();
await show("doctor");
const morton = await show("encode", ...point, "--level", level);
await show("decode", morton, "--level", level);
console.log(tryNext);
