import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRedis } from "../../scripts/cluster/redis.mjs";
import { HotCache } from "../../src/sink/redis/hot-cache.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeWithPrograms } from "../support/servers.js";
import { hotBatch, hotRows } from "./hot-rows.js";
import type { RedisServers } from "./use-redis.js";

describeWithPrograms(["redis-server", "redis-cli", "openssl"], "a server with TLS and ACL", () => {
  let servers: RedisServers | undefined;
  let env: Record<string, string> = {};
  let place = "";
  let ca = "";

  beforeAll(async () => {
    servers = await startRedis({ mode: "acl-tls" });
    const { credentials, certificates } = servers.state;
    env = {
      OCTOLOAD_REDIS_USERNAME: credentials?.username ?? "",
      OCTOLOAD_REDIS_PASSWORD: credentials?.password ?? "",
    };
    place = servers.contactPoints[0] ?? "";
    ca = encodeURIComponent(join(certificates ?? "", "ca.pem"));
  }, 120_000);

  afterAll(async () => {
    await servers?.stop();
  }, 60_000);

  it.each(["raw", "plain"] as const)("is written over encrypted connections: %s", async (link) => {
    const cache = await HotCache.connect(`rediss://${place}?ca=${ca}`, { env, link });
    await cache.offer(hotBatch(hotRows(20_000)), null, 1_700_000_000_000_000n);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 20_000, skipped: 0 });
    const shown = inspect(cache, { depth: 20, showHidden: true });
    expect(shown).not.toContain(env.OCTOLOAD_REDIS_PASSWORD);
    await cache.close();
    expect(await servers?.node(1).command("HGET", "octree:18:1", "wts")).toBe("1700000000000000");
  });

  it("is not trusted without its authority, nor with an expired or another's certificate", async () => {
    const connect = (query: string) =>
      rejectionOf(HotCache.connect(`rediss://${place}${query}`, { env }));
    const unknown = await connect("");
    expect(unknown.code).toBe("REDIS_TLS");
    for (const [kind, fault] of [
      ["expired", /expired/],
      ["untrusted", /verify|issuer|self/],
    ] as const) {
      await servers?.presentCertificate(kind);
      const refused = await connect(`?ca=${ca}`);
      expect(refused.code).toBe("REDIS_TLS");
      expect(refused.fault).toMatch(fault);
    }
    await servers?.presentCertificate("valid");
    const misnamed = await connect(`?ca=${ca}&tls-name=another.example`);
    expect(misnamed.code).toBe("REDIS_TLS");
    const unread = await connect("?ca=/no/such.pem");
    expect(unread.code).toBe("REDIS_TLS");
  });

  it("is not reached without TLS, and the message says what may be the matter", async () => {
    const refused = await rejectionOf(HotCache.connect(`redis://${place}`, { env }));
    expect(refused.code).toBe("REDIS_UNREACHABLE");
    expect(refused.fault).toContain("rediss://");
  });

  it("refuses another user", async () => {
    const wrong = { ...env, OCTOLOAD_REDIS_PASSWORD: "hunter2" };
    const refused = await rejectionOf(
      HotCache.connect(`rediss://${place}?ca=${ca}`, { env: wrong }),
    );
    expect(refused.code).toBe("REDIS_AUTH");
    expect(refused.message).not.toContain("hunter2");
  });
});
