// The report of `npm run fault-test`, as Markdown.
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { ScenarioLog } from "../test/faults/load/scenario-log.js";
import { cassandraVersion } from "./cluster/java.mjs";
import { packageRoot } from "./lib/package.mjs";
import { run } from "./lib/run.mjs";

export interface ScenarioResult {
  readonly name: string;
  readonly what: string;
  readonly startedAt: Date;
  readonly seconds: number;
  readonly log: ScenarioLog;
  /** undefined: it passed. */
  readonly failure: string | undefined;
}

/** @returns the report's path: the folder's, named by the day */
export async function writeFaultReport(
  folder: string,
  rows: number,
  results: readonly ScenarioResult[],
): Promise<string> {
  const path = join(packageRoot, folder, `${new Date().toISOString().slice(0, 10)}.md`);
  const parts = [await heading(rows), ...overview(results), ...results.flatMap(section)];
  mkdirSync(join(packageRoot, folder), { recursive: true });
  writeFileSync(path, `${parts.join("\n")}\n`);
  return path;
}

async function heading(rows: number): Promise<string> {
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `# Faults, ${new Date().toISOString().slice(0, 10)}

Made by \`npm run fault-test\`: whole loads of ${rows} rows by \`octoload backfill\` into Cassandra
${cassandraVersion}, three nodes, each row on all of them, LOCAL_QUORUM; the refusals on one node with users and TLS.
What a table holds is read by ranges of tokens with the plain driver and compared with an embedded
target of the same source, every column of every row.

- octoload: commit ${await commitAtStart}
- machine: ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${gib} GiB, Node ${process.version}; loader and nodes share it
`;
}

/** Asked for before there is a report, which is a change of the work tree itself. */
const commitAtStart = describeCommit();

async function describeCommit(): Promise<string> {
  const { code, output } = await run("git", ["describe", "--always", "--dirty"]);
  return code === 0 ? output.trim() : "unknown";
}

function overview(results: readonly ScenarioResult[]): string[] {
  const lines = results.map(({ name, what, seconds, failure }) => {
    const verdict = failure === undefined ? "passed" : "**failed**";
    return `| [${name}](#${name}) | ${what} | ${verdict} | ${seconds.toFixed(0)} s |`;
  });
  return ["| scenario | what happens | | took |", "|---|---|---|---:|", ...lines, ""];
}

function section({ name, what, startedAt, log, failure }: ScenarioResult): string[] {
  const time = startedAt.toISOString().slice(11, 19);
  return [
    `## ${name}`,
    "",
    `${what}. Begun at ${time} UTC.`,
    "",
    "| after | what was done, or happened |",
    "|---:|---|",
    ...log.steps.map(({ atSeconds, text }) => `| ${atSeconds.toFixed(1)} s | ${cell(text)} |`),
    "",
    ...log.checks.map(({ what: check, isGood }) => `- ${isGood ? "ok" : "**not so**"}: ${check}`),
    ...(failure === undefined ? [] : ["", "It failed:", "", "```", failure, "```"]),
    "",
  ];
}

/** Where the package lies is of no use to others. */
function cell(text: string): string {
  return text
    .replaceAll(packageRoot, ".")
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, "<br>");
}
