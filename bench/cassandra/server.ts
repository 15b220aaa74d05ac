import cassandra, { type Client } from "cassandra-driver";
import { attachCassandra, startCassandra } from "../../scripts/cluster/cassandra.mjs";
import { openCluster } from "../../scripts/cluster/state.mjs";

/** One node, and a client for what is not measured. */
export interface BenchServer {
  readonly host: string;
  readonly port: number;
  readonly dc: string;
  readonly version: string;
  readonly client: Client;
  /** Has the server write a keyspace's rows to its disk. */
  readonly flush: (keyspace: string) => Promise<unknown>;
}

/** Starts a node, or takes that of a running cluster, for as long as `use` takes. */
export async function withServer(
  clusterDir: string | undefined,
  use: (server: BenchServer) => Promise<void>,
): Promise<void> {
  const servers = await findServers(clusterDir);
  const stop = async () => {
    if (clusterDir === undefined) await servers.stop();
  };
  const interrupted = () => {
    stop().then(
      () => process.exit(130),
      () => process.exit(130),
    );
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const { port, dc, state } = servers;
  const [host = ""] = servers.contactPoints;
  const client = new cassandra.Client({ contactPoints: [`${host}:${port}`], localDataCenter: dc });
  try {
    await client.connect();
    const flush = (keyspace: string) => servers.node(1).nodetool("flush", keyspace);
    await use({ host, port, dc, version: state.version, client, flush });
  } finally {
    await client.shutdown();
    await stop();
  }
}

async function findServers(clusterDir: string | undefined) {
  if (clusterDir === undefined) return startCassandra({ nodes: 1, tell });
  const cluster = openCluster(clusterDir);
  if (cluster === undefined) throw new Error(`there is no cluster in ${clusterDir}`);
  return attachCassandra(cluster);
}

export function tell(line: string): void {
  console.error(line);
}
