import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { type Entries, nodeRun } from "../../src/redis/entry-buffer.js";
import { putFunctionForm, putScriptForm } from "../../src/redis/put-form.js";
import { PUT_LIBRARY_CODE, PUT_SCRIPT } from "../../src/redis/put-function.js";
import { errorKind, redirectionOf } from "../../src/redis/replies.js";
import { ReplyReader } from "../../src/redis/reply-reader.js";
import { type EntryOptions, encodeEntries, SLOTS, slotOfKey } from "../../src/redis/resp.js";
import { runs } from "../support/seed.js";
import { describeWithPrograms } from "../support/servers.js";
import type { Value } from "./dull-replies.js";
import { anyEntryRow, batchOf, type EntryRow, float32Text, keyOf } from "./entry-rows.js";
import { exchange } from "./exchange.js";
import { useRedis } from "./use-redis.js";

const programs = ["redis-server", "redis-cli"];
const usual: EntryOptions = { form: putFunctionForm, wtsUs: 1_700_000_000_000_000n, ttlS: 500 };
const oddPrefix = "é {x}\r\n$1\r\n}:";

const forms: readonly EntryOptions[] = [
  usual,
  { ...usual, form: { ...putFunctionForm, keysPerCommand: 7 }, prefix: oddPrefix },
  { ...usual, form: putScriptForm },
  { ...usual, form: { kind: "plain" }, prefix: oddPrefix },
];

function someRows(count: number): EntryRow[] {
  const anyRows = fc.uniqueArray(anyEntryRow, {
    ...{ minLength: count, maxLength: count },
    selector: ({ level, code }) => `${level}:${code}`,
  });
  return fc.sample(anyRows, { numRuns: 1, seed: 7 })[0] ?? [];
}

function hashOf(row: EntryRow, { wtsUs }: EntryOptions): Record<string, string> {
  return {
    ...(row.material === null ? {} : { material_id: `${row.material}` }),
    homogeneity: float32Text(row.homogeneity),
    children_mask: `${row.mask}`,
    last_modified: `${row.lastModified}`,
    wts: `${wtsUs}`,
  };
}

function placeOf(text: string): { host: string; port: number } {
  const [host = "", port] = text.split(":");
  return { host, port: Number(port) };
}

function sum(values: readonly Value[]): number {
  return values.reduce((n, value) => n + (value.kind === "integer" ? Number(value.integer) : 0), 0);
}

describeWithPrograms(programs, "entries on one server", () => {
  const redis = useRedis("standalone");
  const put = (entries: Entries) => exchange(placeOf(redis.place), entries.bytes, entries.commands);

  beforeEach(async () => {
    await redis.client().flushall();
    await redis.client().call("FUNCTION", "LOAD", "REPLACE", PUT_LIBRARY_CODE);
    await redis.client().script("LOAD", PUT_SCRIPT);
  });

  it.each(forms)("are what another client reads: %o", async (options) => {
    const rows = someRows(60);
    const values = await put(encodeEntries(batchOf(rows), options));
    expect(values.map(({ kind }) => kind)).not.toContain("error");
    if (options.form.kind !== "plain") expect(sum(values)).toBe(rows.length);
    expect(await redis.client().dbsize()).toBe(rows.length);
    for (const row of rows) {
      const key = keyOf(row, options);
      expect(await redis.client().hgetall(key)).toEqual(hashOf(row, options));
      expect(await redis.client().ttl(key)).toBeGreaterThan(490);
    }
  });

  it.each(forms)("lose a material that is gone, and are put again: %o", async (options) => {
    const rows = someRows(20);
    await put(encodeEntries(batchOf(rows), options));
    const bare = rows.map((row) => ({ ...row, material: null }));
    await put(encodeEntries(batchOf(bare), options));
    for (const row of bare) {
      expect(await redis.client().hgetall(keyOf(row, options))).toEqual(hashOf(row, options));
    }
  });

  it("stay where they are newer, and other types are told apart", async () => {
    const rows = someRows(9);
    const newer = { ...usual, wtsUs: usual.wtsUs + 1n };
    await put(encodeEntries(batchOf(rows.slice(0, 4)), newer));
    const options: EntryOptions = {
      ...usual,
      form: { ...putFunctionForm, keysPerCommand: 9 },
    };
    const entries = encodeEntries(batchOf(rows), options);
    expect(await put(entries)).toEqual([{ kind: "integer", integer: 5n }]);
    const [first] = rows;
    if (first === undefined) throw new Error("no rows");
    expect(await redis.client().hgetall(keyOf(first, usual))).toEqual(hashOf(first, newer));
    const last = keyOf(rows[8] ?? first, usual);
    await redis.client().set(last, "text");
    expect(await put(entries)).toEqual([{ kind: "bulk", text: "00001111t" }]);
    expect(await redis.client().get(last)).toBe("text");
  });

  it("are refused with an error of a known kind where the function is missing", async () => {
    await redis.client().call("FUNCTION", "FLUSH");
    const { bytes } = encodeEntries(batchOf(someRows(1)), usual);
    const [value] = await exchange(placeOf(redis.place), bytes, 1);
    expect(value).toEqual({ kind: "error", text: "ERR Function not found" });
    const replies = new ReplyReader().push(Buffer.from("-ERR Function not found\r\n"));
    expect(replies.errorKinds[0]).toBe(errorKind.noFunction);
  });
});

describeWithPrograms(programs, "entries on a cluster", () => {
  const redis = useRedis("cluster");

  /** The masters, and who has which slot, as the cluster tells. */
  async function slotNodes() {
    const ranges = (await redis.client().cluster("SLOTS")).map(([begin, end, master]) => ({
      ...{ begin, end, place: `${master?.[0]}:${master?.[1]}` },
    }));
    const places = [...new Set(ranges.map(({ place }) => place))];
    const nodeOfSlot = new Uint16Array(SLOTS);
    for (const { begin, end, place } of ranges) {
      nodeOfSlot.fill(places.indexOf(place), begin, end + 1);
    }
    return { places: places.map(placeOf), cluster: { nodeOfSlot, nodes: places.length } };
  }

  it("go to the node that has their slot", async () => {
    const { places, cluster } = await slotNodes();
    expect(places.length).toBe(3);
    for (const options of [usual, { ...usual, prefix: oddPrefix }]) {
      const rows = someRows(200);
      const plain: EntryOptions = { ...options, form: { kind: "plain" }, cluster };
      const entries = encodeEntries(batchOf(rows), plain);
      for (const [node, place] of places.entries()) {
        const [first = 0, end = 0] = entries.nodeCommands.subarray(node, node + 2);
        if (first === end) continue;
        const values = await exchange(place, nodeRun(entries, node), end - first);
        expect(values.filter(({ kind }) => kind !== "integer")).toEqual([]);
      }
    }
  });

  it("have the slot that the server counts", async () => {
    const anyKey = fc.oneof(
      fc.array(fc.constantFrom("{", "}", "a"), { maxLength: 9 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
    );
    await fc.assert(
      fc.asyncProperty(anyKey, async (key) => {
        expect(await redis.client().cluster("KEYSLOT", key)).toBe(slotOfKey(key));
      }),
      runs(300),
    );
  });

  it("are sent elsewhere by a node that has not their slot", async () => {
    const { places, cluster } = await slotNodes();
    const entries = encodeEntries(batchOf(someRows(100)), { ...usual, cluster });
    const begin = entries.nodeCommands[1] ?? 0;
    const bytes = entries.bytes.subarray(entries.offsets[begin], entries.offsets[begin + 1]);
    const [wrong] = places;
    if (wrong === undefined) throw new Error("no masters");
    const [value] = await exchange(wrong, bytes, 1);
    if (value?.kind !== "error") throw new Error(`expected an error, got ${value?.kind}`);
    const replies = new ReplyReader().push(Buffer.from(`-${value.text}\r\n`));
    expect(replies.errorKinds[0]).toBe(errorKind.moved);
    const moved = redirectionOf(replies, 0);
    expect(moved).toMatchObject(places[1] ?? {});
    expect(cluster.nodeOfSlot[moved?.slot ?? 0]).toBe(1);
  });
});
