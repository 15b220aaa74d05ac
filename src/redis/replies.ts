/** native/resp/reply_reader.h, ReplyKind. A nil is `$-1` or `*-1`. */
export const replyKind = {
  integer: 0,
  simple: 1,
  bulk: 2,
  nil: 3,
  array: 4,
  error: 5,
} as const;

/** native/resp/error_kind.h, ErrorKind: by an error's first word; `none` of what is no error. */
export const errorKind = {
  none: 0,
  other: 1,
  err: 2,
  moved: 3,
  ask: 4,
  tryAgain: 5,
  clusterDown: 6,
  loading: 7,
  oom: 8,
  readOnly: 9,
  noAuth: 10,
  noPerm: 11,
  wrongType: 12,
  noScript: 13,
  noFunction: 14,
  busy: 15,
  masterDown: 16,
  crossSlot: 17,
  wrongPass: 18,
  noReplicas: 19,
  misconf: 20,
  unknownCommand: 21,
} as const;

/** Of a nil, in Replies. */
export const NIL_LENGTH = 0xffff_ffff;

/**
 * Whole replies of a server, in its order. Every value is a node: an array is followed by its
 * elements, each before its own. Without arrays node and reply are the same index.
 */
export interface Replies {
  readonly count: number;
  /** How many of them are integers, and their sum (exact up to 2^53). */
  readonly integers: number;
  readonly integerSum: number;
  /** Indexes of the replies that are no integer. */
  readonly others: Uint32Array;
  /** Reply i is the nodes starts[i] .. starts[i + 1]; one element more than there are replies. */
  readonly starts: Uint32Array;
  /** Of each node, as replyKind and errorKind number them. */
  readonly kinds: Uint8Array;
  readonly errorKinds: Uint8Array;
  /** An integer; an array's number of elements; the slot of MOVED and ASK, or -1; else 0. */
  readonly values: BigInt64Array;
  /** The text of a node is bytes[offsets[i] .. offsets[i] + lengths[i]); an error's ends at 200. */
  readonly offsets: Uint32Array;
  /** NIL_LENGTH of a nil. */
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Where a MOVED or ASK points to. */
export interface Redirection {
  readonly slot: number;
  /** Empty: the host of the node that answered. */
  readonly host: string;
  readonly port: number;
}

const textNodes: ReadonlySet<number | undefined> = new Set([
  replyKind.simple,
  replyKind.bulk,
  replyKind.error,
]);

/** A node's text as bytes, a view; undefined where it has none (an integer, an array, a nil). */
export function bytesOfNode(replies: Replies, node: number): Uint8Array | undefined {
  if (!textNodes.has(replies.kinds[node])) return undefined;
  const offset = replies.offsets[node] ?? 0;
  return replies.bytes.subarray(offset, offset + (replies.lengths[node] ?? 0));
}

/** A node's text, read as UTF-8; empty where it has none. */
export function textOf(replies: Replies, node: number): string {
  const bytes = bytesOfNode(replies, node);
  if (bytes === undefined) return "";
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/** Of an error that is MOVED or ASK; undefined of all else, and where its text is not as it should be. */
export function redirectionOf(replies: Replies, node: number): Redirection | undefined {
  const kind = replies.errorKinds[node];
  const slot = Number(replies.values[node] ?? -1n);
  if ((kind !== errorKind.moved && kind !== errorKind.ask) || slot < 0) return undefined;
  // HOST may be an IPv6 address, which has colons of its own.
  const found = /^\w+ \d+ (\S*):(\d{1,5})(?:$|[ @,])/.exec(textOf(replies, node));
  const port = Number(found?.[2]);
  if (found === null || port < 1 || port > 65_535) return undefined;
  return { slot, host: found[1] ?? "", port };
}
