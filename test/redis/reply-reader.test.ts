import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesOfNode,
  errorKind,
  NIL_LENGTH,
  redirectionOf,
  replyKind,
  textOf,
} from "../../src/redis/replies.js";
import { type Chunk, ReplyReader } from "../../src/redis/reply-reader.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";
import { anyReplies, replyText, type Value, valuesOf } from "./dull-replies.js";

interface Parser {
  execute(bytes: Buffer): void;
}
type ParserClass = new (options: {
  readonly returnBuffers: true;
  readonly stringNumbers: true;
  returnReply(reply: unknown): void;
  returnError(error: Error): void;
  returnFatalError(error: Error): void;
}) => Parser;
const fromRedis = createRequire(createRequire(import.meta.url).resolve("ioredis"));
const IoredisParser = fromRedis("redis-parser") as ParserClass;

function bufferOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function streamOf(values: readonly Value[]): Buffer {
  return bufferOf(values.map(replyText).join(""));
}

/** Chunks of these lengths in turn, the last of what is left. */
function cut(stream: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let rest = stream;
  for (const length of lengths) {
    chunks.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...chunks, rest];
}

function hear(chunks: readonly Buffer[], reader = new ReplyReader()): Value[] {
  return chunks.flatMap((chunk) => valuesOf(reader.push(chunk)));
}

function push(text: string, reader = new ReplyReader()): Chunk {
  return reader.push(bufferOf(text));
}

/** An error's text is kept as far as 200 bytes. */
function expectedOf(value: Value): Value {
  if (value.kind === "array") return { ...value, values: value.values.map(expectedOf) };
  return value.kind === "error" ? { ...value, text: value.text.slice(0, 200) } : value;
}

/** As ioredis' parser gives it, with buffers and with integers as texts. */
function plainOf(value: Value): unknown {
  switch (value.kind) {
    case "integer":
      return `${value.integer}`;
    case "simple":
    case "bulk":
      return bufferOf(value.text);
    case "error":
      return new Error(bufferOf(value.text).toString());
    case "nil":
      return null;
    case "array":
      return value.values.map(plainOf);
  }
}

function withPlainErrors(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(withPlainErrors);
  return reply instanceof Error ? new Error(reply.message) : reply;
}

describe("ReplyReader", () => {
  it("reads what a server wrote, wherever the chunks end", () => {
    const anyLengths = fc.array(fc.nat({ max: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(anyReplies, anyLengths, (values, lengths) => {
        const stream = streamOf(values);
        const expected = values.map(expectedOf);
        expect(hear([stream])).toEqual(expected);
        expect(hear(cut(stream, lengths))).toEqual(expected);
        expect(hear(cut(stream, new Array(stream.length).fill(1)))).toEqual(expected);
      }),
      runs(200),
    );
  });

  it("reads what ioredis' own parser reads", () => {
    fc.assert(
      fc.property(anyReplies, (values) => {
        const found: unknown[] = [];
        const parser = new IoredisParser({
          ...{ returnBuffers: true, stringNumbers: true },
          returnReply: (reply) => found.push(withPlainErrors(reply)),
          returnError: (error) => found.push(withPlainErrors(error)),
          returnFatalError: (error) => found.push(error),
        });
        parser.execute(streamOf(values));
        expect(hear([streamOf(values)]).map(plainOf)).toEqual(found);
      }),
      runs(200),
    );
  });

  it("sums the integers and lists the other replies", () => {
    fc.assert(
      fc.property(anyReplies, (values) => {
        const replies = new ReplyReader().push(streamOf(values));
        const integers = values.flatMap((value) =>
          value.kind === "integer" ? [Number(value.integer)] : [],
        );
        expect(replies.integers).toBe(integers.length);
        expect(replies.integerSum).toBe(integers.reduce((sum, one) => sum + one, 0));
        const others = values.flatMap(({ kind }, i) => (kind === "integer" ? [] : [i]));
        expect([...replies.others]).toEqual(others);
        expect(replies.fault).toBeUndefined();
      }),
      runs(100),
    );
  });

  it("lays out each value where its reply is", () => {
    const replies = push(":7\r\n*3\r\n$2\r\nab\r\n*-1\r\n*1\r\n+x\r\n$-1\r\n-OOM no\r\n");
    expect([...replies.starts]).toEqual([0, 1, 6, 7, 8]);
    const { integer, array, bulk, nil, simple, error } = replyKind;
    expect([...replies.kinds]).toEqual([integer, array, bulk, nil, array, simple, nil, error]);
    expect([...replies.values]).toEqual([7n, 3n, 0n, 0n, 1n, 0n, 0n, 0n]);
    expect([...replies.lengths]).toEqual([0, 0, 2, NIL_LENGTH, 0, 1, NIL_LENGTH, 6]);
    expect([...replies.errorKinds].slice(-2)).toEqual([errorKind.none, errorKind.oom]);
    expect(textOf(replies, 2)).toBe("ab");
    expect(textOf(replies, 7)).toBe("OOM no");
    expect(textOf(replies, 0)).toBe("");
    expect(bytesOfNode(replies, 3)).toBeUndefined();
  });

  it("says how much waits for its end", () => {
    const reader = new ReplyReader();
    expect(reader.pendingBytes).toBe(0);
    push(":1\r\n*2\r\n:1\r\n$5\r\nab", reader);
    expect(reader.pendingBytes).toBe(14);
    push("cde\r\n", reader);
    expect(reader.pendingBytes).toBe(0);
  });

  it("reads more than its tables held at first", () => {
    const values: Value[] = Array.from({ length: 20_000 }, (_, i) =>
      i % 3 === 0 ? { kind: "bulk", text: `${i}` } : { kind: "integer", integer: BigInt(i) },
    );
    const reader = new ReplyReader();
    expect(hear([streamOf(values)], reader)).toEqual(values);
    expect(hear([streamOf(values.slice(0, 5))], reader)).toEqual(values.slice(0, 5));
  });

  it("gives what came before a fault, then nothing more", () => {
    const reader = new ReplyReader();
    push(":1\r\n", reader);
    const bad = push(":2\r\n*1\r\n!\r\n:3\r\n", reader);
    expect(valuesOf(bad)).toEqual([{ kind: "integer", integer: 2n }]);
    const fault = { code: "REDIS_PROTOCOL", message: expect.stringContaining("at byte 12:") };
    expect(bad.fault).toMatchObject(fault);
    const later = push(":4\r\n", reader);
    expect(later.count).toBe(0);
    expect(later.fault).toMatchObject(fault);
  });

  it.each([
    ["HTTP/1.1 400 Bad Request\r\n", "begins none"],
    ["%1\r\n+a\r\n+b\r\n", "begins none"],
    ["+a\nb\r\n", "lines that end"],
    [":12a\r\n", "a number"],
    ["$1\r\nab\r\n", "behind a bulk string"],
    ["*1\r\n".repeat(9), "8 deep"],
    ["$101\r\n", "limits"],
  ])("says what is wrong with %j", (text, words) => {
    const { fault } = push(text, new ReplyReader({ maxReplyBytes: 100 }));
    expect(fault).toMatchObject({ code: "REDIS_PROTOCOL" });
    expect(fault?.message).toContain(words);
  });

  it("survives bytes of any kind", () => {
    const anyNoise = fc.array(
      fc.oneof(
        fc.constantFrom("\r\n", "$", "*", ":", "+", "-", "1", "5", "-1"),
        fc.string({ unit: "binary", maxLength: 3 }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(anyNoise, fc.array(fc.nat({ max: 9 }), { maxLength: 30 }), (noise, lengths) => {
        const stream = Buffer.from(noise.join(""));
        const whole = new ReplyReader({ maxReplyBytes: 500 });
        const parts = new ReplyReader({ maxReplyBytes: 500 });
        const replies = whole.push(stream);
        expect(hear(cut(stream, lengths), parts)).toEqual(valuesOf(replies));
        expect(parts.push(Buffer.of()).fault?.message).toBe(replies.fault?.message);
      }),
      runs(300),
    );
  });

  it("refuses what is no chunk, and a bound out of range", () => {
    const reader = new ReplyReader();
    const wrong = (chunk: unknown) => refusalOf(() => reader.push(chunk as Uint8Array));
    expect(wrong(":1\r\n")).toMatchObject({ code: "ARG_TYPE" });
    expect(wrong(new Uint8Array(new SharedArrayBuffer(4)))).toMatchObject({ code: "ARG_SHARED" });
    const bound = (maxReplyBytes: number) => refusalOf(() => new ReplyReader({ maxReplyBytes }));
    expect(bound(-1)).toMatchObject({ code: "ARG_RANGE" });
    expect(bound(2 ** 30 + 1)).toMatchObject({ code: "ARG_RANGE" });
  });
});

describe("redirectionOf", () => {
  const redirection = (error: string) => redirectionOf(push(`-${error}\r\n`), 0);

  it("reads where MOVED and ASK point to", () => {
    expect(redirection("MOVED 3999 127.0.0.1:6381")).toEqual({
      ...{ slot: 3999, host: "127.0.0.1", port: 6381 },
    });
    expect(redirection("ASK 0 ::1:7000")).toEqual({ slot: 0, host: "::1", port: 7000 });
    expect(redirection("MOVED 16383 :7000")).toEqual({ slot: 16_383, host: "", port: 7000 });
  });

  it.each([
    ...["MOVED 16384 a:1", "MOVED -1 a:1", "MOVED 1 a", "ASK 1 a:0", "ASK 1 a:70000"],
    ...["MOVED", "ERR 1 a:1", "ASK x a:1"],
  ])("gives nothing for %s", (error) => {
    expect(redirection(error)).toBeUndefined();
  });

  it("gives nothing for what is no error", () => {
    expect(redirectionOf(push("+MOVED 1 a:1\r\n"), 0)).toBeUndefined();
  });
});
