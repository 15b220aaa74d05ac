import { errorKind } from "../../redis/replies.js";

/** Why rows were not cached; each of them is NOT_CACHED. */
export type SkipReason =
  /** More waits already than may: Redis is slower than the load. */
  | "queue-full"
  /** Not connected to the node of the key. */
  | "node-down"
  /** The connection ended before the answer came. */
  | "connection-lost"
  /** No answer in time. */
  | "timeout"
  /** maxmemory is reached, and nothing may be evicted; or the node is given a rest after that. */
  | "out-of-memory"
  /** CLUSTERDOWN, LOADING, READONLY and the like, again and again. */
  | "unavailable"
  /** A slot that is being moved, again and again. */
  | "moving"
  /** No node has the key's slot. */
  | "no-owner"
  | "no-permission"
  /** Something else than a hash is at the key. */
  | "wrong-type"
  /** Another error, which stats().lastErrors shows. */
  | "refused"
  /** Not encoded: the block holds what is no row. */
  | "not-encoded"
  /** drain() had no more time. */
  | "drain-timeout"
  | "closed";

/** What to do about an error that a node answers. */
export type FaultResponse =
  | { readonly kind: "skip"; readonly reason: SkipReason }
  /** To be sent to the node that the answer names. */
  | { readonly kind: "redirect" }
  /** Soon again, to whoever has the slot then; the slots are looked up anew where `refresh`. */
  | { readonly kind: "again"; readonly reason: SkipReason; readonly refresh: boolean }
  /** The same, after what puts entries was loaded. */
  | { readonly kind: "install" }
  /** The node gets a rest. */
  | { readonly kind: "pause"; readonly reason: SkipReason };

const redirect: FaultResponse = { kind: "redirect" };
const install: FaultResponse = { kind: "install" };
const wait: FaultResponse = { kind: "again", reason: "unavailable", refresh: false };
const lookUp: FaultResponse = { kind: "again", reason: "unavailable", refresh: true };

const responses: ReadonlyMap<number, FaultResponse> = new Map<number, FaultResponse>([
  [errorKind.moved, redirect],
  [errorKind.ask, redirect],
  [errorKind.tryAgain, { kind: "again", reason: "moving", refresh: true }],
  [errorKind.clusterDown, lookUp],
  [errorKind.readOnly, lookUp],
  [errorKind.masterDown, lookUp],
  [errorKind.loading, wait],
  [errorKind.busy, wait],
  [errorKind.noReplicas, wait],
  [errorKind.noFunction, install],
  [errorKind.noScript, install],
  [errorKind.oom, { kind: "pause", reason: "out-of-memory" }],
  // A failed snapshot stops all writes, as a full disk does: nothing the load could mend.
  [errorKind.misconf, { kind: "pause", reason: "refused" }],
  [errorKind.noPerm, { kind: "skip", reason: "no-permission" }],
  [errorKind.noAuth, { kind: "skip", reason: "no-permission" }],
  [errorKind.wrongType, { kind: "skip", reason: "wrong-type" }],
]);

/** @param text the error's, for what Redis gives no code of its own */
export function respondTo(kind: number, text: string): FaultResponse {
  const response = responses.get(kind);
  if (response !== undefined) return response;
  // The key went to another node between the script's beginning and its end: an ERR as well.
  if (/non local key/.test(text)) return { kind: "again", reason: "moving", refresh: true };
  // A user whose rights were taken away inside a function or script, too.
  if (/can't run this command|no permission/i.test(text)) {
    return { kind: "skip", reason: "no-permission" };
  }
  return { kind: "skip", reason: "refused" };
}
