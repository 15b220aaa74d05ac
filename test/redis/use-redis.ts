import { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { startRedis } from "../../scripts/cluster/redis.mjs";

export type RedisServers = Awaited<ReturnType<typeof startRedis>>;

/** A server of a test's own, to be harmed. */
export interface UsedRedis {
  readonly servers: RedisServers;
  /** host:port of the first server. */
  readonly place: string;
  /** An independent client of one server, from 1; closed when the suite ends. */
  client(index?: number): Redis;
}

/** Starts servers before the tests of a suite and ends them after. */
export function useRedis(mode: "standalone" | "cluster"): UsedRedis {
  let servers: RedisServers | undefined;
  const clients = new Map<number, Redis>();
  const there = (): RedisServers => {
    if (servers === undefined) throw new Error("not started");
    return servers;
  };
  beforeAll(async () => {
    servers = await startRedis({ mode });
  }, 120_000);
  afterAll(async () => {
    for (const client of clients.values()) client.disconnect();
    await servers?.stop();
  }, 60_000);
  return {
    get servers() {
      return there();
    },
    get place() {
      return there().contactPoints[0] ?? "";
    },
    client(index = 1) {
      let client = clients.get(index);
      if (client === undefined) {
        const { address, port } = there().node(index).state;
        client = new Redis({ host: address, port, maxRetriesPerRequest: null });
        client.on("error", () => undefined);
        clients.set(index, client);
      }
      return client;
    },
  };
}
