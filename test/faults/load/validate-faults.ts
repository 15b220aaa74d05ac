import { execFile } from "node:child_process";
import { join } from "node:path";
import { FaultCase, type FaultWorld } from "./fault-case.js";
import { octoloadMain } from "./octoload.js";
import type { ScenarioLog } from "./scenario-log.js";

interface Validated {
  readonly exitCode: number;
  readonly findings: readonly unknown[];
  readonly unchecked: readonly { readonly range: string; readonly code: string }[];
  readonly rows: { readonly equal: number } | null;
}

/** With one node of three gone each row has its quorum; with two gone nothing is said of any row. */
export async function validatedWhileKilled(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const { servers, rows } = world;
  const one = new FaultCase(world, log);
  await one.checkDone(await one.start().end());
  const begun = validateFully(one, world, "killed");
  await servers.node(3).kill("SIGKILL");
  log.did("node 3 was killed with SIGKILL after a validation was begun");
  checkClean("while it dies", await begun);
  checkClean("while it is down", await validateFully(one, world, "down"));
  await servers.node(2).kill("SIGKILL");
  log.did("node 2 was killed too: no row has its quorum");
  const blind = await runValidation(one, world, "blind");
  log.equal("exit code with two nodes down", blind.exitCode, 5);
  log.holds(
    "it says that too few replicas answered",
    /CASSANDRA_(TIMEOUT|UNAVAILABLE)/.test(blind.stderr),
  );
  log.equal("what it says of the rows", blind.stdout, "");
  await Promise.all([servers.node(2).start(), servers.node(3).start()]);
  await servers.waitUntilWhole();
  log.did("all nodes answer again");
  checkClean("of all nodes", await validateFully(one, world, "whole"));

  function checkClean(when: string, result: Validated): void {
    const { exitCode, findings, unchecked } = result;
    log.equal(
      `a validation ${when}`,
      { exitCode, findings, unchecked, equal: result.rows?.equal },
      { exitCode: 0, findings: [], unchecked: [], equal: rows },
    );
  }
}

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function validateFully(one: FaultCase, world: FaultWorld, name: string): Promise<Validated> {
  const { stdout, stderr } = await runValidation(one, world, name);
  try {
    return JSON.parse(stdout) as Validated;
  } catch (cause) {
    throw new Error(`no validation came of it:\n${stderr.slice(-3000)}`, { cause });
  }
}

function runValidation(one: FaultCase, { source }: FaultWorld, name: string): Promise<Ended> {
  const args = ["validate", source, "--to", one.url, "--run", one.runDir, "--checks", "full"];
  const dir = join(one.runDir, `validation-${name}`);
  const all = [octoloadMain, ...args, "--validation-dir", dir, "--json"];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
