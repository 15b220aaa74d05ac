/**
 * Settings of nodes that are all killed at once: by default Cassandra acknowledges up to a tenth of
 * a second before its commit log can tell of a write, and then a quorum may have lost it.
 */
export const durableNodes = {
  commitlog_sync: "batch",
  commitlog_sync_period: "0ms",
} as const;
