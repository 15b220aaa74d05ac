import { OctoloadError } from "../errors/octoload-error.js";
import { formatReplication, type Replication } from "./schema-options.js";
import type { CassandraSession } from "./session.js";

/** Copies of each row where nobody says: any one node can be lost, and quorums are still there. */
const DEFAULT_RF = 3;

export interface ChosenReplication {
  readonly replication: Replication;
  /** Said to the user: what was chosen, or what may be wrong with it. */
  readonly notes: readonly string[];
}

/** What decides how many copies there can be. */
export interface ClusterShape {
  /** The data centre that requests go to. */
  readonly local: string;
  /** Nodes by data centre, those that are down too. */
  readonly nodes: ReadonlyMap<string, number>;
}

export function shapeOf({ client, datacenter }: CassandraSession): ClusterShape {
  const nodes = new Map<string, number>();
  for (const host of client.hosts.values()) {
    nodes.set(host.datacenter, (nodes.get(host.datacenter) ?? 0) + 1);
  }
  return { local: datacenter, nodes };
}

/**
 * The copies that a new keyspace has: as wanted, else 3 in the local data centre, or 1 in a cluster
 * of one node.
 *
 * @throws OctoloadError SCHEMA_OPTION where the cluster has no such data centres
 */
export function chooseReplication(
  { local, nodes }: ClusterShape,
  wanted: Replication | undefined,
): ChosenReplication {
  if (wanted !== undefined) {
    requireDatacenters(local, nodes, wanted);
    return { replication: wanted, notes: tooFewNodes(nodes, wanted) };
  }
  const isSingle = nodes.size === 1 && nodes.get(local) === 1;
  const replication = { [local]: isSingle ? 1 : DEFAULT_RF };
  const notes = isSingle ? ["one copy of each row: the cluster has one node"] : [];
  return { replication, notes: [...notes, ...tooFewNodes(nodes, replication)] };
}

function requireDatacenters(
  local: string,
  nodes: ReadonlyMap<string, number>,
  wanted: Replication,
): void {
  const unknown = Object.keys(wanted).find((datacenter) => !nodes.has(datacenter));
  if (unknown !== undefined) {
    throw invalid(
      `--rf names the data centre ${unknown}, but there are ${[...nodes.keys()].join(", ")}`,
    );
  }
  if (wanted[local] === undefined) {
    throw invalid(
      `--rf ${formatReplication(wanted)} leaves out ${local}, the data centre that requests go to`,
    );
  }
}

function tooFewNodes(nodes: ReadonlyMap<string, number>, replication: Replication): string[] {
  return Object.entries(replication).flatMap(([datacenter, rf]) => {
    const count = nodes.get(datacenter) ?? 0;
    if (count >= rf) return [];
    const what = count === 1 ? "1 node" : `${count} nodes`;
    return [`${datacenter} has ${what}, too few for ${rf} copies on different ones`];
  });
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("SCHEMA_OPTION", fault);
}
