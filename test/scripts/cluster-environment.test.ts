import { describe, expect, it } from "vitest";
import { cassandraForTests, redisForTests } from "../support/servers.js";

describe("cassandraForTests", () => {
  it("reads where the server is", () => {
    expect(cassandraForTests({ OCTOLOAD_TEST_CASSANDRA: "127.0.1.1:9042,dc2" })).toEqual({
      state: "there",
      address: { host: "127.0.1.1", port: 9042, dc: "dc2" },
    });
    expect(cassandraForTests({ OCTOLOAD_TEST_CASSANDRA: "h:1" })).toMatchObject({
      address: { dc: "datacenter1" },
    });
  });

  it("refuses what it cannot read", () => {
    const env = { OCTOLOAD_TEST_CASSANDRA: "127.0.0.1" };
    expect(() => cassandraForTests(env)).toThrow("host:port[,dc], not 127.0.0.1");
  });

  it("names the programs that are missing", () => {
    expect(cassandraForTests({ PATH: "/nowhere" })).toEqual({
      state: "missing",
      why: "no Cassandra: not installed: java, mvn",
    });
  });

  it("skips nothing with CI=true", () => {
    expect(() => cassandraForTests({ CI: "true", PATH: "/nowhere" })).toThrow("java, mvn");
    const env = { CI: "true", PATH: process.env.PATH };
    expect(() => redisForTests(env)).toThrow(/OCTOLOAD_TEST_REDIS is not set|redis-server/);
  });
});
