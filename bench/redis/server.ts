import { Redis } from "ioredis";
import { startRedis } from "../../scripts/cluster/redis.mjs";

/** One server, and a client for what is not measured. */
export interface BenchRedis {
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly client: Redis;
}

/** Starts a server of its own for as long as `use` takes. */
export async function withRedis(use: (server: BenchRedis) => Promise<void>): Promise<void> {
  const servers = await startRedis({ tell });
  const stop = () => servers.stop();
  const interrupted = () => {
    stop().then(
      () => process.exit(130),
      () => process.exit(130),
    );
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const { address: host, port } = servers.node(1).state;
  const client = new Redis({ host, port, lazyConnect: true });
  try {
    await client.connect();
    const version = infoField(await client.info("server"), "redis_version");
    await use({ host, port, version, client });
  } finally {
    client.disconnect();
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await stop();
  }
}

/** User and system time of the server so far. */
export async function serverCpuMs({ client }: BenchRedis): Promise<number> {
  const info = await client.info("cpu");
  const seconds = ["used_cpu_user", "used_cpu_sys"].map((name) => Number(infoField(info, name)));
  return 1000 * seconds.reduce((sum, part) => sum + part, 0);
}

export function infoField(info: string, name: string): string {
  const [, value] = new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info) ?? [];
  if (value === undefined) throw new Error(`INFO has no ${name}`);
  return value;
}

export function tell(line: string): void {
  console.error(line);
}
