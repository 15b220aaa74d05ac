import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about Cassandra. */
export const cassandraErrors = [
  {
    code: "CASSANDRA_UNREACHABLE",
    cause: "None of the contact points answered.",
    remedy: "Check the hosts and the port in the target's URL, and that the nodes are up.",
  },
] as const satisfies readonly ErrorEntry[];
