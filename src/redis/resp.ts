import { requireArray, requireSize } from "../encoding/arrays.js";
import { engine } from "../encoding/kernel.js";
import { callNative, callNativeOnPool, type NativeCall } from "../encoding/native-call.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { NativeEntries } from "../native/resp-addon.js";
import { type Entries, EntryBuffer } from "./entry-buffer.js";

/** Rows as one block, described in native/batch/sink_batch.h. */
export interface RowBlock {
  readonly block: ArrayBufferLike;
  readonly rows: number;
}

/**
 * How an entry is put; native/resp/entries.h has the commands, arguments and replies.
 *
 * - function, script: one FCALL or EVALSHA for `keysPerCommand` entries (1 unless given), which
 *   leaves those alone that hold a greater wts. With 16 a single server takes 1.3 times the rows
 *   that it takes one by one (Redis 7.0), with more no more;
 * - plain: HSET, HDEL where the material is NULL, EXPIRE. It overwrites whatever is there.
 */
export type EntryForm =
  | { readonly kind: "function"; readonly name: string; readonly keysPerCommand?: number }
  | { readonly kind: "script"; readonly sha: string; readonly keysPerCommand?: number }
  | { readonly kind: "plain" };

/** Who has the keys of a Redis Cluster. */
export interface SlotNodes {
  /** Of each of the SLOTS: a number below `nodes`, or NO_NODE. */
  readonly nodeOfSlot: Uint16Array;
  readonly nodes: number;
}

export interface EntryOptions {
  readonly form: EntryForm;
  /** What stands before level and code in a key; DEFAULT_PREFIX unless given, text as UTF-8. */
  readonly prefix?: string | Uint8Array;
  /** Of all entries: write timestamp, microseconds since 1970, 0 to 2^63 - 1. */
  readonly wtsUs: bigint;
  /** What an entry lives, seconds, 1 to 2^31 - 1. */
  readonly ttlS: number;
  /** A byte for each row of the batch, 0: leave it out. All rows unless given. */
  readonly selection?: Uint8Array;
  /** One node has all keys unless given. */
  readonly cluster?: SlotNodes;
  /** Only the rows [begin, end) of the batch; all unless given. */
  readonly begin?: number;
  readonly end?: number;
  /** Memory to encode into, by one call at a time; a new one unless given. */
  readonly out?: EntryBuffer;
}

export const DEFAULT_PREFIX = "octree:";
export const MAX_PREFIX_BYTES = 1024;
export const MAX_KEYS_PER_COMMAND = 1024;
/** Of a cluster: Redis cluster specification, key distribution model. */
export const SLOTS = 16_384;
/** In SlotNodes: nobody has the slot, or it is not known who. */
export const NO_NODE = 0xffff;

const MAX_NAME_BYTES = 128;
const MAX_ROWS = 2 ** 28;
/** HSET, HDEL, EXPIRE. */
const MAX_PLAIN_COMMANDS = 3;

/**
 * Encodes rows as commands that put them into Redis: hashes of decimal text with the fields
 * material_id (absent when NULL), homogeneity, children_mask, last_modified and wts, at the keys
 * `{prefix}{level}:{code}`. homogeneity is the shortest text that reads back as the same float32,
 * laid out as JavaScript's own numbers. Neither `block` nor `out` may be touched until it is done.
 *
 * @throws OctoloadError LEVEL_TOO_DEEP (a row below level 26), CODE_OUT_OF_RANGE (a row whose key
 *   is none of its level), TOO_LARGE (the commands need more than 4 GiB), ARG_*.
 */
export function encodeEntries(batch: RowBlock, options: EntryOptions): Entries {
  const request = new EntryRequest(batch, options);
  for (;;) {
    const result = callNative<NativeEntries>(engine().addon.encodeEntries, request.call());
    const entries = request.settle(result);
    if (entries !== undefined) return entries;
  }
}

/** As encodeEntries(), on libuv's pool. */
export async function encodeEntriesAsync(batch: RowBlock, options: EntryOptions): Promise<Entries> {
  const request = new EntryRequest(batch, options);
  for (;;) {
    const result = await callNativeOnPool<NativeEntries>(
      engine().addon.encodeEntries,
      request.call(),
    );
    const entries = request.settle(result);
    if (entries !== undefined) return entries;
  }
}

/** The slot of a key in any Redis Cluster; text as UTF-8. */
export function slotOfKey(key: string | Uint8Array): number {
  return engine().addon.slotOfKey(bytesOf(key));
}

/** native/resp/entries.h, Code. */
const code = { ok: 0, outputTooSmall: 2, levelTooDeep: 3, badKey: 4, tooLarge: 5 } as const;
/** native/resp/entries.h, Form. */
const formNumber = { function: 0, script: 1, plain: 2 } as const;

const outputArgument = 12;
const argumentNames = [
  ...["block", "", "", "", "", "prefix", "", "", "", "selection", "cluster.nodeOfSlot", ""],
  ...["out", "out", "out"],
];
const none = new Uint8Array(0);
const noSlots = new Uint16Array(0);

/** One encoding, which takes a second call where the first finds the output too small. */
class EntryRequest {
  readonly #inputs: readonly unknown[];
  readonly #out: EntryBuffer;

  constructor({ block, rows }: RowBlock, options: EntryOptions) {
    const { begin = 0, end = rows, out = new EntryBuffer() } = options;
    const { form, selection = none, cluster = { nodeOfSlot: noSlots, nodes: 1 } } = options;
    const prefix = bytesOf(options.prefix ?? DEFAULT_PREFIX);
    const [name, keys] = requireForm(form);
    requireSize("end", end, Math.min(rows, MAX_ROWS));
    requireSize("begin", begin, end);
    requireOptions(options, prefix, rows);
    const { nodeOfSlot, nodes } = cluster;
    const wts = BigInt64Array.of(options.wtsUs);
    this.#inputs = [
      ...[new Uint8Array(block), begin, end, formNumber[form.kind], name, prefix, keys],
      ...[wts, options.ttlS, selection, nodeOfSlot, nodes],
    ];
    this.#out = out;
    out.reserve((end - begin) * (form.kind === "plain" ? MAX_PLAIN_COMMANDS : 1), nodes);
  }

  call(): NativeCall {
    const { bytes, table, nodeCommands } = this.#out;
    return {
      args: [...this.#inputs, bytes, table, nodeCommands, false],
      names: argumentNames,
      firstOutput: outputArgument,
    };
  }

  /** @returns undefined where the call is to be made again */
  settle(result: NativeEntries): Entries | undefined {
    const [outcome, detail] = result;
    if (outcome === code.ok) return this.#out.entries(result);
    if (outcome !== code.outputTooSmall) throw refusalOf(outcome, detail);
    this.#out.reserveBytes(detail);
    return undefined;
  }
}

/** @returns the name in the command, and keys a command */
function requireForm(form: EntryForm): [Uint8Array, number] {
  if (form.kind === "plain") return [none, 1];
  const { keysPerCommand = 1 } = form;
  const name = bytesOf(form.kind === "function" ? form.name : form.sha);
  requireWithin("bytes of the function's or script's name", name.length, 1, MAX_NAME_BYTES);
  requireSize("keysPerCommand", keysPerCommand, MAX_KEYS_PER_COMMAND);
  requireWithin("keysPerCommand", keysPerCommand, 1, MAX_KEYS_PER_COMMAND);
  return [name, keysPerCommand];
}

function requireOptions(options: EntryOptions, prefix: Uint8Array, rows: number): void {
  const { form, wtsUs, ttlS, selection, cluster } = options;
  requireWithin("bytes of the prefix", prefix.length, 0, MAX_PREFIX_BYTES);
  requireWithin("wtsUs", wtsUs, 0n, 2n ** 63n - 1n);
  requireSize("ttlS", ttlS, 2 ** 31 - 1);
  requireWithin("ttlS", ttlS, 1, 2 ** 31 - 1);
  if (selection !== undefined) requireArray("selection", selection, "Uint8Array", rows);
  if (cluster === undefined) return;
  requireArray("cluster.nodeOfSlot", cluster.nodeOfSlot, "Uint16Array", SLOTS);
  requireSize("cluster.nodes", cluster.nodes, NO_NODE);
  requireWithin("cluster.nodes", cluster.nodes, 1, NO_NODE);
  if (form.kind !== "plain" && (form.keysPerCommand ?? 1) > 1) requireOneSlot(prefix);
}

/** Only a tag keeps keys that differ behind the prefix together. */
function requireOneSlot(prefix: Uint8Array): void {
  if (/^[^{]*\{[^}]+\}/.test(Buffer.from(prefix).toString("latin1"))) return;
  throw new OctoloadError(
    "ARG_RANGE",
    "keysPerCommand must be 1 in a cluster unless the prefix has a hash tag: " +
      "the keys of one command have to be of one slot",
  );
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}

function requireWithin<T extends number | bigint>(name: string, value: T, min: T, max: T): void {
  if (value >= min && value <= max) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${name} must be from ${min} to ${max}, got ${describeValue(value)}`,
  );
}

function refusalOf(outcome: number, row: number): OctoloadError {
  switch (outcome) {
    case code.levelTooDeep:
      return new OctoloadError(
        "LEVEL_TOO_DEEP",
        `row ${row} of the batch is below level 26, the deepest there is`,
      );
    case code.badKey:
      return new OctoloadError(
        "CODE_OUT_OF_RANGE",
        `tile and cell of row ${row} of the batch are no code of its level`,
      );
    case code.tooLarge:
      return new OctoloadError("TOO_LARGE", "the commands of the rows could be above 4 GiB");
    default:
      return new OctoloadError("ARG_RANGE", "block is no batch of rows, or changed meanwhile");
  }
}
