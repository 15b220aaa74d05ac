import type { Client, Host } from "cassandra-driver";
import { OctoloadError } from "../errors/octoload-error.js";

/** Which nodes hold which tokens. Node names are `ip:port`, the driver's keys. */
export interface Ring {
  /**
   * Ends of token ranges, ascending. Entry i is the last token of its range, which begins
   * after entry i-1; tokens after the last entry belong to entry 0 (the ring wraps).
   */
  readonly boundaries: BigInt64Array;
  /** For each boundary, the index of its range's replicas in `replicaSets`. */
  readonly replicaSetOf: Uint32Array;
  /** Replicas in the local data centre, sorted by name; every set once. */
  readonly replicaSets: readonly (readonly string[])[];
}

export interface RingNode {
  readonly address: string;
  readonly datacenter: string;
  readonly rack: string;
  readonly tokens: readonly bigint[];
}

export interface Replication {
  /** The strategy's class, with or without its package. */
  readonly strategy: string;
  /** `{replication_factor}` or one factor a data centre; decimal. */
  readonly options: Readonly<Record<string, string>>;
}

interface RingToken {
  readonly token: bigint;
  readonly node: RingNode;
}

/**
 * The ring of a keyspace. Placement as Cassandra's SimpleStrategy and
 * NetworkTopologyStrategy do it (docs: "Dynamo", section "Replication Strategy").
 * Neighbouring ranges with the same replicas are joined.
 *
 * @throws OctoloadError CASSANDRA_REPLICATION when the keyspace has no replicas there.
 */
export function buildRing(
  nodes: readonly RingNode[],
  replication: Replication,
  localDatacenter: string,
): Ring {
  const members = membersOf(nodes, replication, localDatacenter);
  const ends: { token: bigint; replicaSet: number }[] = [];
  const indexes = new Map<string, number>();
  const replicaSets: string[][] = [];
  members.ring.forEach(({ token }, start) => {
    const replicas = placeReplicas(members, start);
    const key = replicas.join(" ");
    const replicaSet = indexes.get(key) ?? replicaSets.push(replicas) - 1;
    indexes.set(key, replicaSet);
    if (ends.at(-1)?.replicaSet === replicaSet) ends.pop();
    ends.push({ token, replicaSet });
  });
  return {
    boundaries: BigInt64Array.from(ends, ({ token }) => token),
    replicaSetOf: Uint32Array.from(ends, ({ replicaSet }) => replicaSet),
    replicaSets,
  };
}

/** Index into `replicaSets` of a token's replicas. */
export function replicaSetAt({ boundaries, replicaSetOf }: Ring, token: bigint): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((boundaries[middle] ?? 0n) < token) low = middle + 1;
    else high = middle;
  }
  return replicaSetOf[low === boundaries.length ? 0 : low] ?? 0;
}

/** The part of the cluster a keyspace's replicas in one data centre are chosen from. */
interface Members {
  readonly ring: readonly RingToken[];
  readonly localDatacenter: string;
  readonly factor: number;
  /** Nodes that may share a rack with another replica. */
  readonly rackRepeats: number;
}

function membersOf(
  nodes: readonly RingNode[],
  { strategy, options }: Replication,
  localDatacenter: string,
): Members {
  // SimpleStrategy knows no data centres: its replicas elsewhere are left out at the end.
  const isByDatacenter = !strategy.endsWith("SimpleStrategy");
  const chosen = isByDatacenter
    ? nodes.filter(({ datacenter }) => datacenter === localDatacenter)
    : nodes;
  const factor = Number.parseInt(
    options[isByDatacenter ? localDatacenter : "replication_factor"] ?? "0",
    10,
  );
  const ring = chosen
    .flatMap((node) => node.tokens.map((token) => ({ token, node })))
    .sort((one, other) => (one.token < other.token ? -1 : 1));
  if (!(factor > 0) || !chosen.some(({ datacenter }) => datacenter === localDatacenter)) {
    throw new OctoloadError(
      "CASSANDRA_REPLICATION",
      `no replicas in data centre ${localDatacenter}: ${strategy} ${JSON.stringify(options)}, nodes in ${datacentersOf(nodes)}`,
    );
  }
  const racks = new Set(chosen.map(({ rack }) => rack)).size;
  const rackRepeats = isByDatacenter ? factor - racks : Number.POSITIVE_INFINITY;
  return { ring, localDatacenter, factor, rackRepeats };
}

function datacentersOf(nodes: readonly RingNode[]): string {
  return [...new Set(nodes.map(({ datacenter }) => datacenter))].join(", ") || "none";
}

/** Walks the ring from a range's end, taking each new rack, and repeats while any are left. */
function placeReplicas(
  { ring, localDatacenter, factor, rackRepeats }: Members,
  start: number,
): string[] {
  const seen = new Set<RingNode>();
  const replicas: RingNode[] = [];
  const racks = new Set<string>();
  let repeatsLeft = rackRepeats;
  for (let step = 0; step < ring.length && replicas.length < factor; step += 1) {
    const node = ring[(start + step) % ring.length]?.node;
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    const isRepeat = racks.has(node.rack);
    if (isRepeat && repeatsLeft <= 0) continue;
    if (isRepeat) repeatsLeft -= 1;
    racks.add(node.rack);
    replicas.push(node);
  }
  const local = replicas.filter(({ datacenter }) => datacenter === localDatacenter);
  return local.map(({ address }) => address).sort();
}

/**
 * A keyspace's ring as the driver sees the cluster now. Computed here from the nodes' own
 * tokens, because the driver (4.10.0) computes its token map once, when it connects, and
 * keeps that when nodes join or leave.
 */
export class RingView {
  readonly #client: Client;
  readonly #keyspace: string;
  readonly #localDatacenter: string;
  #facts = "";
  #ring: Ring;

  /**
   * @param client connected, with metadata synchronisation on (the driver's default).
   * @throws OctoloadError CASSANDRA_REPLICATION.
   */
  constructor(client: Client, keyspace: string, localDatacenter: string) {
    this.#client = client;
    this.#keyspace = keyspace;
    this.#localDatacenter = localDatacenter;
    this.#ring = this.#build();
  }

  get current(): Ring {
    return this.#ring;
  }

  /**
   * Looks at the cluster again: cheap enough to be called once a second, and to be relied
   * on in place of events. A cluster caught in the middle of a change that leaves no
   * replicas keeps the ring it had.
   *
   * @returns whether `current` is another ring now.
   */
  refresh(): boolean {
    const before = this.#facts;
    try {
      this.#ring = this.#build();
    } catch (error) {
      if (!(error instanceof OctoloadError)) throw error;
      return false;
    }
    return this.#facts !== before;
  }

  #build(): Ring {
    const hosts = this.#client.hosts.values().filter((host) => host.tokens?.length > 0);
    const replication = replicationOf(this.#client, this.#keyspace);
    const facts = JSON.stringify([replication, hosts.map(factsOf)]);
    if (facts === this.#facts) return this.#ring;
    const ring = buildRing(hosts.map(ringNode), replication, this.#localDatacenter);
    this.#facts = facts;
    return ring;
  }
}

function factsOf({ address, datacenter, rack, tokens }: Host): unknown {
  return [address, datacenter, rack, tokens];
}

function ringNode({ address, datacenter, rack, tokens }: Host): RingNode {
  return { address, datacenter, rack, tokens: tokens.map(BigInt) };
}

/** The declared type of a keyspace leaves `strategyOptions` out; the driver's docs have it. */
function replicationOf(client: Client, keyspace: string): Replication {
  const info: { strategy: string; strategyOptions?: Record<string, string> } | undefined =
    client.metadata.keyspaces[keyspace];
  if (info === undefined) {
    throw new OctoloadError("CASSANDRA_REPLICATION", `keyspace ${keyspace} does not exist`);
  }
  return { strategy: info.strategy, options: info.strategyOptions ?? {} };
}
