// A dull reader of RESP2 replies, and replies for it: whole texts, no state.
import fc from "fast-check";
import { bytesOfNode, type Replies, replyKind } from "../../src/redis/replies.js";

export type Value =
  | { readonly kind: "integer"; readonly integer: bigint }
  | { readonly kind: "simple" | "bulk" | "error"; readonly text: string }
  | { readonly kind: "nil" }
  | { readonly kind: "array"; readonly values: readonly Value[] };

export const anyInt64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 12n }),
);
/** One byte a character. */
const anyBytes = fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b).toString("latin1"));
const anyLine = anyBytes.map((text) => text.replaceAll(/[\r\n]/g, " "));

const anyScalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("integer"), integer: anyInt64 }) },
  fc.record({ kind: fc.constantFrom("simple", "error"), text: anyLine }),
  fc.record({ kind: fc.constant("bulk"), text: anyBytes }),
  fc.constant<Value>({ kind: "nil" }),
);

function anyValue(depth: number): fc.Arbitrary<Value> {
  if (depth === 0) return anyScalar;
  const values = fc.array(anyValue(depth - 1), { maxLength: 6 });
  const anyArray = fc.record({ kind: fc.constant("array"), values });
  return fc.oneof({ weight: 4, arbitrary: anyScalar }, anyArray);
}

export const anyReplies = fc.array(anyValue(3), { maxLength: 15 });

/** As a server writes it. */
export function replyText(value: Value): string {
  switch (value.kind) {
    case "integer":
      return `:${value.integer}\r\n`;
    case "simple":
      return `+${value.text}\r\n`;
    case "error":
      return `-${value.text}\r\n`;
    case "bulk":
      return `$${value.text.length}\r\n${value.text}\r\n`;
    case "nil":
      return "$-1\r\n";
    case "array":
      return `*${value.values.length}\r\n${value.values.map(replyText).join("")}`;
  }
}

/** What was read, as values again. */
export function valuesOf(replies: Replies): Value[] {
  return Array.from({ length: replies.count }, (_, i) => {
    const [value, end] = valueAt(replies, replies.starts[i] ?? 0);
    if (end !== replies.starts[i + 1]) throw new Error(`reply ${i} has nodes to spare`);
    return value;
  });
}

/** @returns the value at a node, and the node behind it */
function valueAt(replies: Replies, node: number): [Value, number] {
  const text = Buffer.from(bytesOfNode(replies, node) ?? []).toString("latin1");
  switch (replies.kinds[node]) {
    case replyKind.integer:
      return [{ kind: "integer", integer: replies.values[node] ?? 0n }, node + 1];
    case replyKind.simple:
      return [{ kind: "simple", text }, node + 1];
    case replyKind.bulk:
      return [{ kind: "bulk", text }, node + 1];
    case replyKind.error:
      return [{ kind: "error", text }, node + 1];
    case replyKind.nil:
      return [{ kind: "nil" }, node + 1];
    default:
      return arrayAt(replies, node);
  }
}

function arrayAt(replies: Replies, node: number): [Value, number] {
  const values: Value[] = [];
  let next = node + 1;
  for (let i = 0; i < Number(replies.values[node]); i++) {
    const [value, end] = valueAt(replies, next);
    values.push(value);
    next = end;
  }
  return [{ kind: "array", values }, next];
}
