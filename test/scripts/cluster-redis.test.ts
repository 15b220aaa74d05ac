import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { claimedFolders, isFree } from "../../scripts/cluster/networks.mjs";
import { isRunning } from "../../scripts/cluster/processes.mjs";
import { startRedis } from "../../scripts/cluster/redis.mjs";
import { redisCommand } from "../../scripts/cluster/redis-node.mjs";
import { serversOf, takeDown } from "../../scripts/cluster/take-down.mjs";
import { describeWithPrograms } from "../support/servers.js";

type RedisServers = Awaited<ReturnType<typeof startRedis>>;

const started: RedisServers[] = [];

afterEach(async () => {
  for (const { cluster } of started.splice(0)) await takeDown(cluster);
});

async function start(mode: "standalone" | "cluster" | "acl-tls"): Promise<RedisServers> {
  const servers = await startRedis({ mode });
  started.push(servers);
  return servers;
}

/** What a cluster leaves: processes, ports, its folder, its claim of addresses. */
async function remainsOf({ cluster }: RedisServers) {
  const servers = serversOf(cluster);
  const ports = await Promise.all(servers.map((server) => isFree(server)));
  return {
    processes: servers.filter(({ process }) => process !== null && isRunning(process)).length,
    ports: ports.filter((free) => !free).length,
    folder: existsSync(cluster.dir),
    claim: claimedFolders().includes(cluster.dir),
  };
}

const nothing = { processes: 0, ports: 0, folder: false, claim: false };

describeWithPrograms(["redis-server", "redis-cli", "openssl"], "startRedis", () => {
  it("starts one server that comes back after a kill, and leaves nothing", async () => {
    const servers = await start("standalone");
    expect(await remainsOf(servers)).toEqual({ processes: 1, ports: 1, folder: true, claim: true });
    await servers.node(1).command("SET", "octoload-test", "1");
    const first = servers.node(1).state.process;
    await servers.node(1).kill();
    await expect(servers.node(1).command("PING")).rejects.toThrow("Connection refused");
    await servers.node(1).start();
    expect(servers.node(1).state.process).not.toEqual(first);
    expect(await servers.node(1).command("EXISTS", "octoload-test")).toBe("0");
    await servers.stop();
    expect(await remainsOf(servers)).toEqual(nothing);
  });

  it("runs several at once, and ends the right one", async () => {
    const [one, other] = await Promise.all([start("standalone"), start("standalone")]);
    expect(one.contactPoints).not.toEqual(other.contactPoints);
    await one.stop();
    expect(await other.node(1).command("PING")).toBe("PONG");
  });

  it("keeps its state in a file that only its user reads", async () => {
    const { cluster } = await start("acl-tls");
    const file = join(cluster.dir, "cluster.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(cluster.state);
    expect(cluster.state.redis?.credentials?.password).toMatch(/^[\w-]{24}$/);
  });

  it("ends a paused server, too", async () => {
    const servers = await start("standalone");
    servers.node(1).pause();
    await servers.stop();
    expect(await remainsOf(servers)).toEqual(nothing);
  });

  it("joins three masters, each with a replica", async () => {
    const servers = await start("cluster");
    const nodes = await servers.node(1).command("CLUSTER", "NODES");
    expect(nodes.match(/ (?:myself,)?master - /g)).toHaveLength(3);
    expect(nodes.match(/ slave [0-9a-f]{40} /g)).toHaveLength(3);
    await servers.stop();
    expect(await remainsOf(servers)).toEqual(nothing);
  });

  it("serves users over TLS only, and presents bad certificates on demand", async () => {
    const servers = await start("acl-tls");
    const { state } = servers;
    const asUser = (...args: string[]) => redisCommand(state, 1, state.credentials, args);
    expect(await asUser("HSET", "octree:1:2", "wts", "1")).toBe("1");
    await expect(asUser("FLUSHALL")).rejects.toThrow("NOPERM");
    await expect(redisCommand(state, 1, null, ["PING"])).rejects.toThrow("NOAUTH");
    await expect(
      redisCommand({ ...state, certificates: null }, 1, null, ["PING"]),
    ).rejects.toThrow();
    for (const kind of ["expired", "untrusted"] as const) {
      await servers.presentCertificate(kind);
      await expect(asUser("PING")).rejects.toThrow("certificate verify failed");
    }
    await servers.presentCertificate("valid");
    expect(await asUser("PING")).toBe("PONG");
  });
});
