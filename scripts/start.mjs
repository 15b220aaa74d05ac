// `npm start [-- NODES]`: set-up, then the whole way once: generates an octree
// of the Earth, loads it, reads it back and shows where its picture is.
import { mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "./lib/package.mjs";
import { runAttached, secondsSince } from "./lib/run.mjs";
import { ensureSetupOrExit } from "./setup.mjs";

const program = join(packageRoot, "dist/cli/main.js");
const folder = "octoload-demo";
const source = `${folder}/earth.gpkg`;
const target = `sqlite:${folder}/earth.octree`;
const runDir = `${folder}/run`;

/** About the summit of Mont Blanc, 6.865 E 45.833 N 4808 m, in metres of the default frame. */
const point = ["762800", "5092511", "4808"];

const nodes = process.argv[2] ?? "300000";

/**
 * Runs one octoload command in view. One that fails ends the process with its
 * exit code.
 *
 * @param {readonly string[]} args
 */
async function show(...args) {
  console.log(`\n$ octoload ${args.join(" ")}`);
  const code = await runAttached(process.execPath, [program, ...args]);
  if (code !== 0) process.exit(code);
}

await ensureSetupOrExit();
process.chdir(packageRoot);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const startMs = performance.now();
await show("generate", source, "--nodes", nodes, "--seed", "1", "--order", "shuffled");
await show("backfill", source, "--to", target, "--run-dir", runDir);
await show("get", "--to", target, ...point, "--level", "20", "--nearest");
await show("export", "--from", target, `${folder}/exported.gpkg`);
console.log(`
All of it took ${secondsSince(startMs)}. The picture:

  ${relative(process.cwd(), join(packageRoot, runDir, "report.html"))}

Try next:
  npx octoload get --to ${target} --box 700000,5000000,0,800000,5100000,10000
  npx octoload doctor                       what runs on this machine
  npx octoload backfill --help              from your own GeoPackage
  npm run bench:load                        what a load costs here, beside a script's
  npm test                                  every check and test there is`);
