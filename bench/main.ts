/**
 * `npm run bench`: every figure octoload's encoding is held to, beside its
 * reference and in one process. `--quick` takes fewer, shorter rounds.
 * The table goes to stdout, the figures to bench/results/encoding.json too.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { benchOverhead, benchTokens } from "./calls.js";
import { benchDigests } from "./digest.js";
import { benchEnvelope } from "./envelope.js";
import { describeMachine } from "./machine.js";
import { benchMorton } from "./morton.js";
import type { PairedOptions } from "./paired.js";
import { renderSection, type Section, verdict } from "./report.js";

const isQuick = process.argv.includes("--quick");
const options: PairedOptions = isQuick ? { rounds: 3, timeMs: 30 } : { rounds: 15, timeMs: 80 };

const machine = describeMachine();
console.log(
  [
    `octoload encoding benchmark, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores; ${machine.compiler}; Node ${machine.node}; best kernel ${machine.kernel}`,
    `1 Mi points in memory, batches of 64 Ki, caller-provided outputs; medians of ${options.rounds} rounds in turn`,
  ].join("\n"),
);

const sections: Section[] = [];
for (const suite of [benchMorton, benchTokens, benchOverhead, benchEnvelope, benchDigests]) {
  console.error(`measuring: ${suite.name.replace("bench", "").toLowerCase()} ...`);
  sections.push(...[await suite(options)].flat());
}
for (const section of sections) console.log(`\n${renderSection(section)}`);

const bars = sections.flatMap(({ lines }) => lines).filter(({ bar }) => bar !== undefined);
const missed = bars.filter((line) => verdict(line) === "MISSED");
console.log(`\n${bars.length - missed.length} of ${bars.length} bars met.`);
for (const line of missed) console.log(`missed: ${line.name}`);

const folder = fileURLToPath(new URL("results/", import.meta.url));
mkdirSync(folder, { recursive: true });
const file = `${folder}encoding.json`;
writeFileSync(file, `${JSON.stringify({ machine, options, sections }, undefined, 2)}\n`);
console.log(`Figures as JSON: bench/results/encoding.json`);
