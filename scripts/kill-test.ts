// Kills one load of 2 million rows with SIGKILL twenty times, at random moments
// of each phase, and compares what it loaded with an undisturbed load.
//
//   npm run kill-test [-- ROWS [KILLS [SEED]]]
//
// Exits 1 where anything differs, or where more rows than the sink's in-flight
// window would have been sent again. Takes some minutes; the same in small is
// part of `npm test`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backfill } from "../dist/backfill/backfill.js";
import { generate } from "../dist/generate/generate.js";
import { killPhases, killRounds } from "../test/support/kill-rounds.js";
import { targetDigest } from "../test/support/target-digest.js";

/** Of the embedded sink. */
const IN_FLIGHT_ROWS = 65_536;

const [rows = 2_000_000, kills = 20, seed = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "octoload-kill-"));

async function main(): Promise<boolean> {
  const source = join(folder, "earth.gpkg");
  console.log(`generating ${rows} shuffled rows`);
  await generate({ path: source, nodes: rows, seed, order: "shuffled" });
  const undisturbed = join(folder, "undisturbed.octree");
  const args = ["--memory", "112M"];
  const memoryBytes = 112 * 2 ** 20;
  console.log("loading them undisturbed");
  const startsMs = new Map<string, number>();
  await backfill(
    {
      sources: [source],
      to: [`sqlite:${undisturbed}`],
      runDir: join(folder, "undisturbed"),
      memoryBytes,
    },
    {
      onProgress: (event) => {
        if (event.event === "phase") startsMs.set(event.phase, performance.now());
      },
    },
  );
  const lastsMs = (phase: string, next: string) =>
    (startsMs.get(next) ?? 0) - (startsMs.get(phase) ?? 0);
  const target = join(folder, "killed.octree");
  const result = await killRounds({
    source,
    target,
    runDir: join(folder, "killed"),
    kills,
    args,
    seed,
    // What a load has sent stays sent: so many kills have to fit into one.
    maxDelayMs: {
      scan: lastsMs("scan", "derive"),
      derive: lastsMs("derive", "load"),
      load: (2 * lastsMs("load", "done")) / kills,
    },
    log: (line) => console.log(line),
  });
  return judge(result, targetDigest(undisturbed), targetDigest(target));
}

function judge(
  { rounds, exitCode, stderr }: Awaited<ReturnType<typeof killRounds>>,
  wanted: ReturnType<typeof targetDigest>,
  got: ReturnType<typeof targetDigest>,
): boolean {
  const most = Math.max(0, ...rounds.map(({ resentRows }) => resentRows));
  const checks: [string, boolean][] = [
    [`the last process ended with ${exitCode}, wanted 0`, exitCode === 0],
    [`${rounds.length} kills, wanted ${kills}`, rounds.length === kills],
    ...killPhases.map((phase): [string, boolean] => {
      const hits = rounds.filter((round) => round.phase === phase).length;
      return [`${hits} of them in ${phase}`, hits > 0];
    }),
    [`rows sent again at most ${most}, allowed ${IN_FLIGHT_ROWS}`, most <= IN_FLIGHT_ROWS],
    [`${got.rows} rows loaded, wanted ${wanted.rows}`, got.rows === wanted.rows],
    [`target ${got.sha256}, wanted ${wanted.sha256}`, got.sha256 === wanted.sha256],
  ];
  for (const [what, isGood] of checks) console.log(`${isGood ? "ok  " : "FAIL"}  ${what}`);
  const isGood = checks.every(([, good]) => good);
  if (!isGood) console.log(stderr);
  return isGood;
}

try {
  if (!(await main())) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
