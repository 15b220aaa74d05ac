// Starts the independent checker, check.py, with the Python driver that cqlsh brings.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cqlshFolder, findCqlsh, type PeerProgram } from "../../bench/cassandra/peer-programs.js";
import { isOnPath, run } from "../lib/run.mjs";

const program = fileURLToPath(new URL("check.py", import.meta.url));

/** What the checker needs is here, or why not. */
export type FoundChecker =
  | { readonly kind: "found"; readonly cqlsh: PeerProgram }
  | { readonly kind: "missing"; readonly reason: string };

/** A keyspace that was loaded into. */
export interface LoadedPlace {
  readonly host: string;
  readonly port: number;
  readonly dc: string;
  readonly keyspace: string;
  readonly layout: "node" | "tile";
}

/** What `check.py --json` prints; counts are rows. */
export interface CheckReport {
  readonly agrees: boolean;
  readonly sourceRows: number;
  /** Rows that may not arrive, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly expected: number;
  readonly found: number;
  readonly missing: number;
  readonly extra: number;
  readonly envelopesChecked: number;
  /** By column of the table, or by the source's column that an envelope holds. */
  readonly differing: Readonly<Record<string, number>>;
  readonly writeTimes: readonly string[];
  /** What is wrong besides the rows. */
  readonly faults: readonly string[];
  /** A line for each of some rows. */
  readonly examples: readonly string[];
}

/**
 * Python 3 and its Cassandra driver.
 *
 * @param install the driver is installed by pip where it is missing
 */
export async function findChecker({ install }: { install: boolean }): Promise<FoundChecker> {
  if (!isOnPath("python3")) return { kind: "missing", reason: "not installed: python3" };
  if (!install && !existsSync(cqlshFolder)) {
    const remedy = "npm run independent-check -- --install";
    return { kind: "missing", reason: `no Python driver for Cassandra; ${remedy} installs it` };
  }
  const cqlsh = await findCqlsh();
  if (cqlsh.kind === "missing") return cqlsh;
  const imports = ["-c", "import cassandra.cluster"];
  const { code, output } = await run("python3", imports, { env: cqlsh.peer.env });
  if (code === 0) return { kind: "found", cqlsh: cqlsh.peer };
  const reason = `${join(cqlshFolder, "cassandra")}: ${output.trim().split("\n").at(-1)}`;
  return { kind: "missing", reason };
}

/** Runs the checker; `args` are further arguments of check.py. */
export async function runChecker(
  { env }: PeerProgram,
  source: string,
  { host, port, dc, keyspace, layout }: LoadedPlace,
  args: readonly string[] = [],
): Promise<{ readonly code: number; readonly output: string }> {
  const server = ["--host", host, "--port", `${port}`, "--dc", dc];
  const target = ["--keyspace", keyspace, "--layout", layout];
  return run("python3", [program, source, ...server, ...target, ...args], { env: { ...env } });
}

/** Runs a CQL statement by cqlsh. */
export async function runCqlsh(
  { program: python, args, env }: PeerProgram,
  { host, port }: LoadedPlace,
  statement: string,
): Promise<{ readonly code: number; readonly output: string }> {
  return run(python, [...args, host, `${port}`, "-e", statement], { env: { ...env } });
}
