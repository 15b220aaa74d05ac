import type { CassandraFacts, NodeFacts } from "../../src/inspect/cassandra-facts.js";

export function nodeFacts(number: number, changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    ...{ address: `10.0.0.${number}:9042`, datacenter: "dc1", rack: "r", version: "5.0.6" },
    ...{ isUp: true, settings: new Map([["auto_snapshot", "true"]]), freeBytes: 2 ** 40 },
    ...changes,
  };
}

/** Three nodes with nothing in them. */
export function cassandraFacts(changes: Partial<CassandraFacts> = {}): CassandraFacts {
  return {
    ...{ keyspace: "bluemarble", datacenter: "dc1", consistency: "local_quorum" },
    nodes: [1, 2, 3].map((number) => nodeFacts(number)),
    isKeyspaceThere: false,
    replication: { dc1: 3 },
    replicationNotes: [],
    table: null,
    gcGraceSeconds: 90 * 86_400,
    isTableEmpty: true,
    drift: [],
    writeTimes: null,
    clockFault: null,
    leftProbes: [],
    ...changes,
  };
}
