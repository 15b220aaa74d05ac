import { describe, expect, it } from "vitest";
import { parseRedisUrl } from "../../src/redis/redis-url.js";
import { refusalOf } from "../support/refusal-of.js";

const plain = {
  mode: "standalone",
  database: 0,
  prefix: "octree:",
  ttlSeconds: 3600,
  username: null,
  tls: null,
};

describe("a cache's URL", () => {
  it.each([
    ["redis://localhost", { hosts: [{ host: "localhost", port: 6379 }] }],
    ["REDIS://10.0.0.1:7000/", { hosts: [{ host: "10.0.0.1", port: 7000 }] }],
    ["redis://[::1]:7000/15", { hosts: [{ host: "::1", port: 7000 }], database: 15 }],
    ["redis://h?prefix=a%20b:&ttl=60", { prefix: "a b:", ttlSeconds: 60 }],
    ["redis://h?prefix=", { prefix: "" }],
    ["redis://h?prefix=a+b", { prefix: "a+b" }],
    ["redis://h?username=cache", { username: "cache" }],
    ["rediss://h", { tls: { ca: null, client: null, serverName: null } }],
    ["redis://h?tls=true", { tls: { ca: null, client: null, serverName: null } }],
    [
      "rediss://h?ca=/a.pem&cert=/c&key=/k&tls-name=n",
      { tls: { ca: "/a.pem", client: { cert: "/c", key: "/k" }, serverName: "n" } },
    ],
    [
      "redis+cluster://a:1,b",
      {
        mode: "cluster",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 6379 },
        ],
      },
    ],
    ["rediss+cluster://h", { mode: "cluster", tls: { ca: null, client: null, serverName: null } }],
  ])("%s", (url, expected) => {
    expect(parseRedisUrl(url)).toEqual({
      ...plain,
      hosts: [{ host: "h", port: 6379 }],
      ...expected,
    });
  });

  it.each([
    ["redis:", "begins with redis://"],
    ["redis://", "names no host"],
    ["redis://a,b", "one host"],
    ["redis://a:0", "from 1 to 65535"],
    ["redis://::1", "in brackets"],
    ["redis://a_/", "host 1 of the URL is none"],
    ["redis://h/x", 'got "x"'],
    ["redis://h/-1", 'got "-1"'],
    ["redis+cluster://h/1", "no databases"],
    ["redis://h?ttl=0", "from 1 to"],
    ["redis://h?ttl=1.5", "from 1 to"],
    ["redis://h?ttl=1&ttl=2", "given twice"],
    ["redis://h?db=1", 'no parameter "db"'],
    ["redis://h?prefix=%zz", "begins no escape"],
    ["redis://h?username=", "username is empty"],
    ["redis://h?ca=/a.pem", "go with rediss://"],
    ["rediss://h?tls=false", "contradicts"],
    ["rediss://h?cert=/c", "cert and key go together"],
    [`redis://h?prefix=${"x".repeat(257)}`, "up to 256 bytes"],
  ])("refuses %s", (url, fault) => {
    const refused = refusalOf(() => parseRedisUrl(url));
    expect(refused.code).toBe("TARGET_URL");
    expect(refused.message).toContain(fault);
  });

  it.each([
    "redis://user:sesame@h",
    "redis://:sesame/@h",
    "rediss://sesame@h",
    "redis://h?password=sesame",
    "redis://h?auth=sesame",
    "redis://sesame!",
    "redis://h:sesame",
  ])("does not repeat what may be a password: %s", (url) => {
    const { message } = refusalOf(() => parseRedisUrl(url));
    expect(message).not.toContain("sesame");
  });
});
