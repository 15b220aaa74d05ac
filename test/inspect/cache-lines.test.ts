import { describe, expect, it } from "vitest";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import type { CacheFacts } from "../../src/inspect/cache-facts.js";
import { cacheLines } from "../../src/inspect/cache-lines.js";

const facts: CacheFacts = {
  ...{ url: "redis://h", regions: "level>=12", hotRows: 1000, cachedRows: 1000 },
  ...{ lowestPriority: 1, entryBytes: 280, predictedBytes: 280_000, budgetBytes: null },
  servers: [{ node: "h:6379", usedBytes: 1e6, maxBytes: 1e9, policy: "noeviction" }],
  refusal: null,
};

const verdicts = (changes: Partial<CacheFacts>, isDualWrite = false) =>
  cacheLines({ ...facts, ...changes }, isDualWrite).map(({ check, verdict }) => [check, verdict]);

describe("a cache's lines", () => {
  it("are go where all hot rows fit", () => {
    expect(verdicts({})).toEqual([["hot rows", "go"]]);
  });

  it("warn where not all fit, none is hot, nothing bounds it or T0 is set", () => {
    expect(verdicts({ cachedRows: 10 })).toEqual([["hot rows", "warning"]]);
    expect(verdicts({ hotRows: 0, cachedRows: 0 })).toEqual([["hot rows", "warning"]]);
    const servers = facts.servers.map((server) => ({ ...server, maxBytes: null }));
    expect(verdicts({ servers })).toEqual([
      ["hot rows", "go"],
      ["memory limit", "warning"],
    ]);
    expect(verdicts({ servers, budgetBytes: 1e9 })).toEqual([["hot rows", "go"]]);
    expect(verdicts({}, true)).toEqual([
      ["hot rows", "go"],
      ["dual write", "warning"],
    ]);
  });

  it("say no where a load would not begin", () => {
    const refusal = new OctoloadError("REDIS_UNREACHABLE", "nobody answers");
    expect(verdicts({ refusal })).toEqual([["cache", "no-go"]]);
  });
});
