import { inspect } from "node:util";
import { expect, it } from "vitest";
import { parseRedisUrl } from "../../src/redis/redis-url.js";
import { RedisSession, type RedisSessionOptions } from "../../src/redis/session.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeWithPrograms } from "../support/servers.js";
import { useRedis } from "./use-redis.js";
import { VersionProxy } from "./version-proxy.js";

const connect = (url: string, options: RedisSessionOptions = {}) =>
  RedisSession.connect(parseRedisUrl(url), { env: {}, ...options });

describeWithPrograms(["redis-server", "redis-cli"], "a session with one server", () => {
  const redis = useRedis("standalone");

  it("loads the library where it is missing or another, and leaves it alone where it is there", async () => {
    const client = redis.client();
    await client.call("FUNCTION", "FLUSH");
    (await connect(`redis://${redis.place}`)).close();
    const list = () => client.call("FUNCTION", "LIST", "WITHCODE");
    const loaded = JSON.stringify(await list());
    expect(loaded).toContain("octoload_put_v1");
    await client.config("RESETSTAT");
    (await connect(`redis://${redis.place}`)).close();
    expect(await client.info("commandstats")).not.toContain("cmdstat_function|load");
    const other =
      "#!lua name=octoload_v1\nredis.register_function('octoload_put_v1', function() return 1 end)";
    await client.call("FUNCTION", "LOAD", "REPLACE", other);
    (await connect(`redis://${redis.place}`)).close();
    expect(JSON.stringify(await list())).toBe(loaded);
  });

  it("loads a script where it is told to", async () => {
    const session = await connect(`redis://${redis.place}`, { form: "script" });
    expect(session.form.kind).toBe("script");
    const sha = session.form.kind === "script" ? session.form.sha : "";
    expect(await redis.client().script("EXISTS", sha)).toEqual([1]);
    session.close();
  });

  it("says that an older server has no Functions, and uses a script", async () => {
    const proxy = await VersionProxy.open(redis.servers.node(1).state, "6.2.14");
    const notes: string[] = [];
    const session = await connect(`redis://${proxy.place}`, { onNote: (text) => notes.push(text) });
    expect(session.form.kind).toBe("script");
    expect(notes.join()).toContain("Redis 6.2.14 has no Functions");
    session.close();
    await proxy.close();
  });

  it("refuses a server that is too old", async () => {
    const proxy = await VersionProxy.open(redis.servers.node(1).state, "4.0.14");
    const refused = await rejectionOf(connect(`redis://${proxy.place}`));
    expect(refused.code).toBe("REDIS_VERSION");
    expect(refused.fault).toContain("runs Redis 4.0.14");
    await proxy.close();
  });

  it.each([
    ["redis+cluster://PLACE", "REDIS_MODE", "no node of a cluster"],
    ["redis://127.0.0.1:1", "REDIS_UNREACHABLE", "127.0.0.1:1: connect ECONNREFUSED"],
    ["redis://no-such-host.invalid", "REDIS_UNREACHABLE", "no-such-host.invalid:6379"],
    ["redis://PLACE/9999", "REDIS_REFUSED", "DB index is out of range"],
    ["rediss://PLACE", "REDIS_UNREACHABLE", "a server without TLS"],
  ])("refuses %s with %s", async (url, code, fault) => {
    const refused = await rejectionOf(connect(url.replace("PLACE", redis.place)));
    expect(refused.code).toBe(code);
    expect(refused.fault).toContain(fault);
  });

  it("asks the next host of a cluster's URL where the first is down, and tells what it answers", async () => {
    const refused = await rejectionOf(connect(`redis+cluster://127.0.0.1:1,${redis.place}`));
    expect(refused.code).toBe("REDIS_MODE");
    expect(refused.fault).toContain(redis.place);
  });

  it("wants the password that the server wants, and shows none", async () => {
    await redis.client().config("SET", "requirepass", "open-sesame");
    try {
      const none = await rejectionOf(connect(`redis://${redis.place}`));
      expect(none.code).toBe("REDIS_AUTH");
      expect(none.fault).toContain("(no password is set)");
      const wrong = await rejectionOf(
        connect(`redis://${redis.place}`, { env: { OCTOLOAD_REDIS_PASSWORD: "hunter2" } }),
      );
      expect(wrong.code).toBe("REDIS_AUTH");
      expect(wrong.fault).toContain("WRONGPASS");
      expect(inspect(wrong, { depth: 12, showHidden: true })).not.toContain("hunter2");
      const session = await connect(`redis://${redis.place}`, {
        env: { OCTOLOAD_REDIS_PASSWORD: "open-sesame" },
      });
      expect(inspect(session, { depth: 12, showHidden: true })).not.toContain("open-sesame");
      session.close();
    } finally {
      await redis.client().config("SET", "requirepass", "");
    }
  });

  it.each([
    ["+@all -fcall", "FCALL"],
    ["+@all -hset -expire", "HSET, EXPIRE"],
    ["+@all -info", "'info'"],
    ["+@all -hget -hdel -hlen -hkeys", "HGET, HLEN, HKEYS, HDEL"],
  ])("names what an ACL user of %s lacks", async (rights, names) => {
    await redis
      .client()
      .call("ACL", "SETUSER", "u", "reset", "on", ">pw", "~*", ...rights.split(" "));
    const refused = await rejectionOf(
      connect(`redis://${redis.place}?username=u`, { env: { OCTOLOAD_REDIS_PASSWORD: "pw" } }),
    );
    expect(refused.code).toBe("REDIS_PERMISSION");
    expect(refused.fault).toContain(names);
  });

  it("names the keys that an ACL user may not use, and needs no others", async () => {
    const url = `redis://${redis.place}?username=u`;
    const env = { OCTOLOAD_REDIS_PASSWORD: "pw" };
    const setUser = (...rights: string[]) =>
      redis.client().call("ACL", "SETUSER", "u", "reset", "on", ">pw", ...rights);
    await setUser("~other:*", "+@all");
    const refused = await rejectionOf(connect(url, { env }));
    expect(refused.code).toBe("REDIS_PERMISSION");
    expect(refused.fault).toContain("keys octree:*");
    await setUser("~octree:*", "+@all", "-@dangerous", "+info");
    (await connect(url, { env })).close();
  });

  it("can use a library that it may not load", async () => {
    const url = `redis://${redis.place}?username=u`;
    const env = { OCTOLOAD_REDIS_PASSWORD: "pw" };
    const client = redis.client();
    const rights = ["+info", "+fcall", "+hget", "+hset", "+hlen", "+hkeys", "+hdel", "+expire"];
    await client.call("ACL", "SETUSER", "u", "reset", "on", ">pw", "~octree:*", ...rights);
    (await connect(`redis://${redis.place}`)).close();
    (await connect(url, { env })).close();
    await client.call("FUNCTION", "FLUSH");
    const refused = await rejectionOf(connect(url, { env }));
    expect(refused.code).toBe("REDIS_PERMISSION");
    expect(refused.fault).toContain("FUNCTION LOAD");
  });

  it("refuses a replica", async () => {
    await redis.client().call("REPLICAOF", "127.0.0.1", "1");
    try {
      const refused = await rejectionOf(connect(`redis://${redis.place}`));
      expect(refused.code).toBe("REDIS_MODE");
      expect(refused.fault).toContain("replica of 127.0.0.1:1");
    } finally {
      await redis.client().call("REPLICAOF", "NO", "ONE");
    }
  });
});
