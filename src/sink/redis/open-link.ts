import { keepTrying } from "../../redis/client.js";
import type { RedisSession } from "../../redis/session.js";
import { canTakeOver } from "../../redis/wire/ioredis-internals.js";
import type { LinkEvents, NodeLink } from "../../redis/wire/node-link.js";
import { PlainLink } from "../../redis/wire/plain-link.js";
import { RawLink } from "../../redis/wire/raw-link.js";

/** How commands reach a node: over ioredis' own sockets, or by its pipelines. */
export type LinkKind = "raw" | "plain";

/** Raw, unless the installed ioredis is one whose sockets octoload does not know. */
export function defaultLinkKind(): LinkKind {
  return canTakeOver() ? "raw" : "plain";
}

/** A link to a node that sees to it, each time it connects, that the node can put entries. */
export function openLink(
  session: RedisSession,
  node: string,
  { kind, events }: { readonly kind: LinkKind; readonly events: LinkEvents },
): NodeLink {
  let attempts = 0;
  const Link = kind === "raw" ? RawLink : PlainLink;
  return new Link({
    // Of its own count: ioredis begins anew with each connection, also with one that is no use.
    client: session.ownClient(node, () => keepTrying(++attempts)),
    prepare: (client) => session.prepare(client, node),
    events: {
      onUp: () => {
        attempts = 0;
        events.onUp();
      },
      onDown: () => events.onDown(),
      onReplies: (replies) => events.onReplies(replies),
      onDrain: () => events.onDrain(),
    },
  });
}
