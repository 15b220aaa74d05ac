import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entries, EntryBuffer, nodeRun } from "../../src/redis/entry-buffer.js";
import {
  type EntryForm,
  type EntryOptions,
  encodeEntries,
  encodeEntriesAsync,
  MAX_KEYS_PER_COMMAND,
  MAX_PREFIX_BYTES,
  NO_NODE,
  SLOTS,
  slotOfKey,
} from "../../src/redis/resp.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import {
  anyEntryRow,
  anyPrefix,
  batchOf,
  commandsOf,
  dullSlot,
  type EntryRow,
  float32Text,
  keyOf,
  prefixBytes,
} from "./entry-rows.js";

const fromRedis = createRequire(createRequire(import.meta.url).resolve("ioredis"));
const ioredisSlot = fromRedis("cluster-key-slot") as (key: Buffer) => number;

const sha = "0123456789abcdef0123456789abcdef01234567";
const usual: EntryOptions = {
  form: { kind: "function", name: "octoload_put" },
  wtsUs: 1_700_000_000_000_000n,
  ttlS: 3600,
};

const anyRows = fc.array(anyEntryRow, { maxLength: 60 });
const anyKeys = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }));
const anyForm: fc.Arbitrary<EntryForm> = anyKeys.chain((keysPerCommand) =>
  fc.constantFrom<EntryForm>(
    { kind: "function", name: "octoload_put", keysPerCommand },
    { kind: "script", sha, keysPerCommand },
    { kind: "plain" },
  ),
);
const anyOptions: fc.Arbitrary<EntryOptions> = fc.record({
  form: anyForm,
  prefix: anyPrefix,
  wtsUs: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  ttlS: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
});
const anyClusterOptions: fc.Arbitrary<EntryOptions> = fc
  .tuple(anyOptions, fc.integer({ min: 1, max: 5 }), fc.nat({ max: 1 }))
  .map(([options, nodes, missing]) => ({
    ...options,
    form: options.form.kind === "plain" ? options.form : { ...options.form, keysPerCommand: 1 },
    cluster: {
      nodeOfSlot: Uint16Array.from({ length: SLOTS }, (_, slot) => {
        const node = (slot >> 2) % (nodes + missing);
        return node < nodes ? node : NO_NODE;
      }),
      nodes,
    },
  }));

function keysPerCommand({ form }: EntryOptions): number {
  return form.kind === "plain" ? 1 : (form.keysPerCommand ?? 1);
}

/** Indexes of the rows of each node; last, those of none. */
function rowsByNode(rows: readonly EntryRow[], options: EntryOptions): number[][] {
  const { cluster } = options;
  const nodes: number[][] = Array.from({ length: (cluster?.nodes ?? 1) + 1 }, () => []);
  for (const [i, row] of rows.entries()) {
    if (options.selection?.[i] === 0) continue;
    const node = cluster?.nodeOfSlot[dullSlot(keyOf(row, options))] ?? 0;
    nodes[Math.min(node, nodes.length - 1)]?.push(i);
  }
  return nodes;
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function rowsAt(rows: readonly EntryRow[], indexes: readonly number[]): EntryRow[] {
  return indexes.flatMap((i) => rows[i] ?? []);
}

/** What is expected of each node: its commands, each with the rows it carries. */
function expectedCommands(rows: readonly EntryRow[], options: EntryOptions) {
  return rowsByNode(rows, options)
    .slice(0, -1)
    .map((indexes) =>
      chunksOf(indexes, keysPerCommand(options)).flatMap((chunk) =>
        commandsOf(rowsAt(rows, chunk), options).map((bytes) => ({
          text: bytes.toString("latin1"),
          rows: chunk,
        })),
      ),
    );
}

function foundCommands(entries: Entries) {
  const { bytes, offsets, firstEntries, entriesOf, nodeCommands } = entries;
  const commands = Array.from({ length: entries.commands }, (_, i) => {
    const first = firstEntries[i] ?? 0;
    return {
      text: Buffer.from(bytes.subarray(offsets[i], offsets[i + 1])).toString("latin1"),
      rows: [...entries.rows.subarray(first, first + (entriesOf[i] ?? 0))],
    };
  });
  return Array.from(nodeCommands.subarray(1), (end, node) =>
    commands.slice(nodeCommands[node], end),
  );
}

function rowsOf(count: number, row: Partial<EntryRow> = {}): EntryRow[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ level: 9, code: BigInt(i), material: i, homogeneity: 0.5, mask: i % 256 },
    ...{ lastModified: BigInt(i), ...row },
  }));
}

function textOf(rows: readonly EntryRow[], options: EntryOptions = usual): string {
  return Buffer.from(encodeEntries(batchOf(rows), options).bytes).toString();
}

describe("encodeEntries", () => {
  it("writes each row's commands, and says whose they are", () => {
    fc.assert(
      fc.property(anyRows, fc.oneof(anyOptions, anyClusterOptions), (rows, options) => {
        const entries = encodeEntries(batchOf(rows), options);
        expect(foundCommands(entries)).toEqual(expectedCommands(rows, options));
        const nodes = rowsByNode(rows, options);
        expect([...entries.rows]).toEqual(nodes.slice(0, -1).flat());
        expect([...entries.ownerless]).toEqual(nodes.at(-1));
        expect(entries.count).toBe(entries.rows.length);
        expect(entries.bytes.length).toBe(entries.offsets.at(-1));
      }),
      runs(300),
    );
  });

  it("puts what it says, to the letter", () => {
    const row = { level: 18, code: 4242n, material: -7, homogeneity: Math.fround(0.1), mask: 255 };
    const text = (lines: string) => lines.trim().replaceAll(/\s+/g, "\r\n").concat("\r\n");
    const rows = [
      { ...row, lastModified: -1n },
      { ...row, material: null, lastModified: 0n },
    ];
    expect(textOf(rows.slice(0, 1))).toBe(
      text(`*10 $5 FCALL $12 octoload_put $1 1 $14 octree:18:4242 $16 1700000000000000 $4 3600
        $2 -1 $3 0.1 $3 255 $2 -7`),
    );
    expect(textOf(rows.slice(1), { ...usual, form: { kind: "plain" }, prefix: "p" })).toBe(
      text(`*10 $4 HSET $8 p18:4242 $11 homogeneity $3 0.1 $13 children_mask $3 255
        $13 last_modified $1 0 $3 wts $16 1700000000000000
        *3 $4 HDEL $8 p18:4242 $11 material_id *3 $6 EXPIRE $8 p18:4242 $4 3600`),
    );
    const script = { kind: "script", sha, keysPerCommand: 2 } as const;
    expect(textOf(rows, { ...usual, form: script, prefix: "" })).toBe(
      text(`*15 $7 EVALSHA $40 ${sha} $1 2 $7 18:4242 $7 18:4242 $16 1700000000000000 $4 3600
        $2 -1 $3 0.1 $3 255 $2 -7 $1 0 $3 0.1 $3 255 $0 _`).replace("_\r\n", "\r\n"),
    );
  });

  it("writes every homogeneity as the shortest text that reads back", () => {
    const patterns = Array.from({ length: 20_000 }, (_, i) => 1 + i * 53_269);
    const values = [...new Float32Array(Uint32Array.from(patterns).buffer)];
    const powers = Array.from({ length: 127 }, (_, i) => 2 ** -i);
    for (const part of chunksOf([...values, ...powers], 1000)) {
      const rows = part.map((homogeneity) => ({ ...rowsOf(1)[0], homogeneity }) as EntryRow);
      const { bytes, offsets } = encodeEntries(batchOf(rows), usual);
      const texts = part.map((_, i) => {
        const command = Buffer.from(bytes.subarray(offsets[i], offsets[i + 1])).toString();
        return command.split("\r\n").at(-6);
      });
      expect(texts).toEqual(part.map(float32Text));
      expect(texts.map((text) => Math.fround(Number(text)))).toEqual(part);
    }
  });

  it("leaves out the rows that are not selected", () => {
    fc.assert(
      fc.property(anyRows, anyClusterOptions, fc.infiniteStream(fc.nat(2)), (rows, options, s) => {
        const selection = Uint8Array.from(s.take(rows.length));
        const chosen = { ...options, selection };
        const entries = encodeEntries(batchOf(rows), chosen);
        expect(foundCommands(entries)).toEqual(expectedCommands(rows, chosen));
      }),
      runs(60),
    );
  });

  it("encodes a part of a batch as it would encode a batch of that part", () => {
    fc.assert(
      fc.property(anyRows, anyOptions, fc.nat(), fc.nat(), (rows, options, a, b) => {
        const begin = a % (rows.length + 1);
        const end = begin + (b % (rows.length - begin + 1));
        const part = encodeEntries(batchOf(rows), { ...options, begin, end });
        const alone = encodeEntries(batchOf(rows.slice(begin, end)), options);
        expect(part.bytes).toEqual(alone.bytes);
        expect([...part.rows]).toEqual([...alone.rows].map((row) => row + begin));
      }),
      runs(60),
    );
  });

  it("is the same on libuv's pool", async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, anyClusterOptions, async (rows, options) => {
        const batch = batchOf(rows);
        expect(await encodeEntriesAsync(batch, options)).toEqual(encodeEntries(batch, options));
      }),
      runs(40),
    );
  });

  it("uses its memory again", () => {
    const out = new EntryBuffer();
    encodeEntries(batchOf(rowsOf(500)), { ...usual, out });
    const { bytes, table } = out;
    const fewer = encodeEntries(batchOf(rowsOf(40)), { ...usual, out });
    expect(out.bytes).toBe(bytes);
    expect(out.table).toBe(table);
    expect(fewer).toEqual(encodeEntries(batchOf(rowsOf(40)), usual));
    encodeEntries(batchOf(rowsOf(900)), { ...usual, out });
    expect(out.bytes.length).toBeGreaterThan(bytes.length);
  });

  it("reads a block on shared memory", () => {
    const { block, rows } = batchOf(rowsOf(9));
    const shared = new SharedArrayBuffer(block.byteLength);
    new Uint8Array(shared).set(new Uint8Array(block));
    const entries = encodeEntries({ block: shared, rows }, usual);
    expect(entries).toEqual(encodeEntries({ block, rows }, usual));
  });

  it("names the row that has no key", async () => {
    const deep = rowsOf(300).map((row, i) => (i === 280 ? { ...row, level: 27 } : row));
    const tooDeep = { code: "LEVEL_TOO_DEEP", message: expect.stringContaining("row 280 ") };
    expect(refusalOf(() => encodeEntries(batchOf(deep), usual))).toMatchObject(tooDeep);
    const rejected = await rejectionOf(encodeEntriesAsync(batchOf(deep), usual));
    expect(rejected).toMatchObject(tooDeep);
    expect(encodeEntries(batchOf(deep), { ...usual, begin: 281 }).rows[0]).toBe(281);
    const wrong = rowsOf(3).map((row, i) => (i === 1 ? { ...row, level: 1, code: 8n } : row));
    const badKey = { code: "CODE_OUT_OF_RANGE", message: expect.stringContaining("row 1 ") };
    expect(refusalOf(() => encodeEntries(batchOf(wrong), usual))).toMatchObject(badKey);
  });

  const cluster = { nodeOfSlot: new Uint16Array(SLOTS), nodes: 1 };
  const keys = (keysPerCommand: number): Partial<EntryOptions> => ({
    form: { kind: "function", name: "put", keysPerCommand },
  });
  it.each<[string, Partial<EntryOptions>]>([
    ["ARG_RANGE", { form: { kind: "function", name: "" } }],
    ["ARG_RANGE", { form: { kind: "script", sha: "a".repeat(129) } }],
    ["ARG_RANGE", keys(0)],
    ["ARG_RANGE", keys(1.5)],
    ["ARG_RANGE", keys(MAX_KEYS_PER_COMMAND + 1)],
    ["ARG_RANGE", { prefix: "é".repeat(MAX_PREFIX_BYTES / 2 + 1) }],
    ["ARG_RANGE", { wtsUs: -1n }],
    ["ARG_RANGE", { wtsUs: 2n ** 63n }],
    ["ARG_RANGE", { ttlS: 0 }],
    ["ARG_RANGE", { ttlS: 2 ** 31 }],
    ["ARG_LENGTH", { selection: new Uint8Array(4) }],
    ["ARG_LENGTH", { cluster: { ...cluster, nodeOfSlot: new Uint16Array(10) } }],
    ["ARG_RANGE", { cluster: { ...cluster, nodes: 0 } }],
    ["ARG_RANGE", { cluster: { ...cluster, nodes: 65_536 } }],
    ["ARG_RANGE", { cluster, ...keys(2) }],
    ["ARG_RANGE", { cluster, ...keys(2), prefix: "}{}{x}" }],
    ["ARG_RANGE", { end: 4 }],
    ["ARG_RANGE", { begin: 3, end: 2 }],
  ])("throws %s for %o", (code, wrong) => {
    const call = () => encodeEntries(batchOf(rowsOf(3)), { ...usual, ...wrong });
    expect(refusalOf(call)).toMatchObject({ code });
  });

  it("lets the keys of a cluster share a command where a tag keeps them in one slot", () => {
    const options = { ...usual, ...keys(2), cluster, prefix: "a}\n{x}" };
    expect(encodeEntries(batchOf(rowsOf(3)), options).commands).toBe(2);
  });

  it("refuses memory that could change meanwhile, and says whose it is", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    for (const [name, options] of [
      ["prefix", { prefix: shared }],
      ["selection", { selection: shared }],
    ] as const) {
      const call = () => encodeEntries(batchOf(rowsOf(3)), { ...usual, ...options });
      const message = expect.stringContaining(name);
      expect(refusalOf(call)).toMatchObject({ code: "ARG_SHARED", message });
    }
  });

  it("refuses a block that is none", () => {
    const call = () => encodeEntries({ block: new ArrayBuffer(64), rows: 0 }, usual);
    expect(refusalOf(call)).toMatchObject({ code: "ARG_RANGE" });
  });
});

describe("nodeRun", () => {
  it("gives each node its own bytes, all together everything", () => {
    fc.assert(
      fc.property(anyRows, anyClusterOptions, (rows, options) => {
        const entries = encodeEntries(batchOf(rows), options);
        const nodes = Array.from({ length: options.cluster?.nodes ?? 0 }, (_, i) => i);
        const texts = nodes.map((node) => Buffer.from(nodeRun(entries, node)).toString("latin1"));
        const expected = expectedCommands(rows, options).map((commands) =>
          commands.map(({ text }) => text).join(""),
        );
        expect(texts).toEqual(expected);
        expect(() => nodeRun(entries, nodes.length)).toThrow(RangeError);
      }),
      runs(30),
    );
  });
});

describe("slotOfKey", () => {
  const anyKey = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fc.constantFrom("{", "}", "a", "b"), { maxLength: 12 }).map((c) => c.join("")),
    fc.string({ unit: "grapheme" }),
  );

  it("is the cluster specification's", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(slotOfKey(key)).toBe(dullSlot(Buffer.from(key)));
      }),
      runs(1000),
    );
    expect(slotOfKey("123456789")).toBe(0x31c3);
    expect(slotOfKey("foo{bar}{zap}")).toBe(slotOfKey("bar"));
  });

  it("is ioredis' where a key has no empty tag, which ioredis reads in its own way", () => {
    fc.assert(
      fc.property(anyEntryRow, anyPrefix, (row, prefix) => {
        const key = keyOf(row, { ...usual, prefix });
        fc.pre(!prefixBytes({ ...usual, prefix }).includes("{}"));
        expect(slotOfKey(key)).toBe(ioredisSlot(key));
      }),
      runs(300),
    );
  });
});
