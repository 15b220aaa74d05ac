import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CassandraSession } from "../cassandra/session.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { NodeSnapshot } from "./manifest.js";

const execute = promisify(execFile);
const TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 1 << 20;
const MAX_SAID = 500;

export interface NodetoolOptions {
  /** Of the program, or its name on the PATH. */
  readonly path: string;
  /** Of the snapshots, on every node. */
  readonly tag: string;
}

/**
 * Has every node take a snapshot of the keyspace: hard links, so that it costs no room until the
 * tables change. A node that is down, or whose JMX port cannot be reached from here, ends it.
 *
 * @throws OctoloadError NODETOOL_FAILED, naming the node
 */
export async function takeSnapshots(
  { client, target }: CassandraSession,
  { path, tag }: NodetoolOptions,
): Promise<NodeSnapshot[]> {
  const snapshots: NodeSnapshot[] = [];
  for (const host of client.hosts.values()) {
    const node = host.address.replace(/:\d+$/, "");
    const args = ["-h", node, "snapshot", "-t", tag, "--", target.keyspace];
    snapshots.push({ node, tag, said: await runNodetool(path, args, node) });
  }
  return snapshots;
}

async function runNodetool(path: string, args: readonly string[], node: string): Promise<string> {
  try {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout } = await execute(path, args, options);
    return stdout.trim().slice(-MAX_SAID);
  } catch (error) {
    throw new OctoloadError("NODETOOL_FAILED", `${path} ${args.join(" ")}: ${reasonOf(error)}`, {
      cause: error,
      remedy: `Check --nodetool, and that the JMX port of ${node} can be reached from here; without --nodetool the rows are exported alone.`,
    });
  }
}

/** What the program said last, where it ran at all. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
  const [line] = said.trim().split("\n").slice(-1);
  return line === undefined || line === "" ? error.message : line;
}
