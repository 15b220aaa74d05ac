import cassandra from "cassandra-driver";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildRing,
  type Replication,
  type RingNode,
  replicaSetAt,
} from "../../src/cassandra/ring.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

const network = (options: Record<string, string>): Replication => ({
  strategy: "org.apache.cassandra.locator.NetworkTopologyStrategy",
  options,
});
const simple = (factor: number): Replication => ({
  strategy: "org.apache.cassandra.locator.SimpleStrategy",
  options: { replication_factor: String(factor) },
});

const anyToken = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Up to nine nodes in two data centres of up to three racks, with up to eight tokens each. */
const anyNodes = fc
  .array(
    fc.record({ datacenter: fc.constantFrom("one", "two"), rack: fc.constantFrom("a", "b", "c") }),
    {
      minLength: 1,
      maxLength: 9,
    },
  )
  .chain((places) => {
    const count = places.length * 8;
    return fc
      .uniqueArray(anyToken, { minLength: count, maxLength: count })
      .map((tokens) => places.map((place, index) => nodeOf(place, index, tokens)));
  });

function nodeOf(place: Pick<RingNode, "datacenter" | "rack">, index: number, tokens: bigint[]) {
  return {
    ...place,
    address: `10.0.0.${index}:9042`,
    tokens: tokens.slice(index * 8, index * 8 + 8),
  };
}

/** The nodes in ring order from a token on, each once: the dull reading of "token t belongs to …". */
function walk(nodes: readonly RingNode[], token: bigint): RingNode[] {
  const ring = nodes.flatMap((node) => node.tokens.map((at) => ({ at, node })));
  ring.sort((one, other) => (one.at < other.at ? -1 : 1));
  const from = ring.filter(({ at }) => at >= token);
  const around = ring.filter(({ at }) => at < token);
  return [...new Set([...from, ...around].map(({ node }) => node))];
}

describe("a ring", () => {
  it("gives each token to the first node at or after it, with one replica", () => {
    fc.assert(
      fc.property(anyNodes, fc.array(anyToken), (nodes, tokens) => {
        const datacenter = nodes[0]?.datacenter ?? "";
        const ring = buildRing(nodes, network({ [datacenter]: "1" }), datacenter);
        const local = nodes.filter((node) => node.datacenter === datacenter);
        const edges = [...ring.boundaries].flatMap((edge) => [edge, BigInt.asIntN(64, edge + 1n)]);
        for (const token of [...tokens, ...edges]) {
          const owner = walk(local, token)[0]?.address;
          expect(ring.replicaSets[replicaSetAt(ring, token)]).toEqual([owner]);
        }
      }),
      runs(200),
    );
  });

  it("chooses min(factor, nodes) replicas from as many racks as possible", () => {
    fc.assert(
      fc.property(anyNodes, fc.integer({ min: 1, max: 5 }), anyToken, (nodes, factor, token) => {
        const datacenter = nodes[0]?.datacenter ?? "";
        const ring = buildRing(nodes, network({ [datacenter]: String(factor) }), datacenter);
        const local = nodes.filter((node) => node.datacenter === datacenter);
        const replicas = ring.replicaSets[replicaSetAt(ring, token)] ?? [];
        expect(new Set(replicas).size).toBe(Math.min(factor, local.length));
        const racksOf = (some: readonly RingNode[]) => new Set(some.map(({ rack }) => rack)).size;
        const chosen = local.filter(({ address }) => replicas.includes(address));
        expect(racksOf(chosen)).toBe(Math.min(factor, racksOf(local)));
        expect(replicas).toContain(walk(local, token)[0]?.address);
      }),
      runs(300),
    );
  });

  it("names the driver's replicas", () => {
    const anyFactor = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(anyNodes, anyFactor, fc.boolean(), anyToken, (nodes, factor, isSimple, token) => {
        const datacenter = nodes[0]?.datacenter ?? "";
        const replication = isSimple ? simple(factor) : network({ [datacenter]: String(factor) });
        const racks = new Set(
          nodes.filter((node) => node.datacenter === datacenter).map(({ rack }) => rack),
        );
        // With more replicas than racks, driver 4.10.0 can name one node twice.
        fc.pre(isSimple || racks.size === 1 || factor <= racks.size);
        const theirs = driverReplicas(nodes, replication, token)
          .filter((node) => node.datacenter === datacenter)
          .map(({ address }) => address);
        const ring = buildRing(nodes, replication, datacenter);
        expect(ring.replicaSets[replicaSetAt(ring, token)]).toEqual(theirs.sort());
      }),
      runs(300),
    );
  });

  it("joins neighbours with the same replicas and names each set once", () => {
    const nodes = ["a", "b", "c"].map((rack, index) => ({
      datacenter: "one",
      rack,
      address: `10.0.0.${index}:9042`,
      tokens: [BigInt(index), BigInt(index + 10), BigInt(index + 20)],
    }));
    const all = buildRing(nodes, network({ one: "3" }), "one");
    expect(all).toEqual({
      boundaries: BigInt64Array.of(22n),
      replicaSetOf: Uint32Array.of(0),
      replicaSets: [nodes.map(({ address }) => address)],
    });
    const single = buildRing(nodes, network({ one: "1" }), "one");
    expect(single.boundaries.length).toBe(9);
    expect(single.replicaSets.length).toBe(3);
  });

  it("without replicas in the data centre is refused", () => {
    const nodes = [nodeOf({ datacenter: "one", rack: "a" }, 0, [1n])];
    for (const [replication, datacenter] of [
      [network({ one: "3" }), "two"],
      [network({ two: "3" }), "one"],
      [simple(1), "two"],
    ] as const) {
      const refused = refusalOf(() => buildRing(nodes, replication, datacenter));
      expect(refused.code).toBe("CASSANDRA_REPLICATION");
    }
  });
});

interface DriverMetadata {
  _schemaParser: { _createKeyspace(...of: readonly unknown[]): unknown };
  keyspaces: Record<string, unknown>;
  setPartitioner(name: string): void;
  buildTokens(hosts: { values(): readonly unknown[] }): void;
  newToken(text: string): unknown;
  getReplicas(keyspace: string, token: unknown): RingNode[];
}

/** The replicas by the driver's own code, fed with a made-up cluster. */
function driverReplicas(
  nodes: readonly RingNode[],
  replication: Replication,
  token: bigint,
): RingNode[] {
  const { Metadata } = cassandra.metadata as unknown as {
    Metadata: new (options: object, controlConnection: object) => DriverMetadata;
  };
  const metadata = new Metadata({ encoding: {}, maxPrepared: 1 }, {});
  metadata.setPartitioner("Murmur3Partitioner");
  const hosts = nodes.map((node) => ({ ...node, tokens: node.tokens.map(String) }));
  metadata.buildTokens({ values: () => hosts });
  const { strategy, options } = replication;
  metadata.keyspaces.k = metadata._schemaParser._createKeyspace("k", true, strategy, options);
  return metadata.getReplicas("k", metadata.newToken(String(token)));
}
