import { describe, expect, it } from "vitest";
import {
  defaultTableOptions,
  formatReplication,
  parseReplication,
  parseTableOptions,
  type TableFlags,
  type TableOptions,
} from "../../src/cassandra/schema-options.js";
import { refusalOf } from "../support/refusal-of.js";

describe("parseTableOptions", () => {
  it.each<[flags: TableFlags, differs: Partial<TableOptions>]>([
    [{}, {}],
    [{ compaction: "size-tiered" }, { compaction: "size-tiered" }],
    [{ compression: "none" }, { compression: "none" }],
    [{ chunkKib: "4" }, { chunkKib: 4 }],
    [{ ttl: "630720000" }, { ttlSeconds: 630_720_000 }],
    [{ gcGraceDays: "0" }, { gcGraceDays: 0 }],
  ])("takes %o", (flags, differs) => {
    expect(parseTableOptions(flags)).toEqual({ ...defaultTableOptions, ...differs });
  });

  it.each<[flags: TableFlags, message: RegExp]>([
    [{ compaction: "LCS" }, /--compaction must be one of leveled, size-tiered, unified, got "LCS"/],
    [{ compression: "toString" }, /--compression must be one of lz4, zstd, none/],
    [{ chunkKib: "12" }, /power of two from 1 to 1024, got "12"/],
    [{ chunkKib: "0" }, /power of two/],
    [{ chunkKib: "2048" }, /power of two/],
    [{ chunkKib: "16", compression: "none" }, /goes with a compression/],
    [{ ttl: "630720001" }, /whole seconds from 0 to 630720000/],
    [{ ttl: "-1" }, /whole seconds/],
    [{ ttl: "" }, /whole seconds/],
    [{ gcGraceDays: "1.5" }, /whole days from 0 to 24855/],
    [{ gcGraceDays: "24856" }, /whole days/],
  ])("refuses %o", (flags, message) => {
    const { code, fault } = refusalOf(() => parseTableOptions(flags));
    expect(code).toBe("SCHEMA_OPTION");
    expect(fault).toMatch(message);
  });
});

describe("parseReplication", () => {
  it("reads copies by data centre", () => {
    expect(parseReplication("dc1:3")).toEqual({ dc1: 3 });
    expect(parseReplication("eu-west_1:3, us.east:2")).toEqual({ "eu-west_1": 3, "us.east": 2 });
  });

  it.each(["", "dc1", "dc1:", "dc1:0", "dc1:101", "dc1:3,", "dc1:3:4", "dc1=3", "a'b:3", ":3"])(
    "refuses %j",
    (text) => {
      const { code, fault } = refusalOf(() => parseReplication(text));
      expect(code).toBe("SCHEMA_OPTION");
      expect(fault).toMatch(/--rf must be as dc1:3,dc2:3/);
    },
  );

  it("refuses a data centre named twice", () => {
    expect(refusalOf(() => parseReplication("a:1,a:2")).fault).toMatch(/names a twice/);
  });

  it("is undone by formatReplication, sorted by name", () => {
    expect(formatReplication(parseReplication("b:2,a:3"))).toBe("a:3,b:2");
  });
});
