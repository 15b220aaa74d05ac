import { commandBytes, keyOfCall } from "../../redis/commands.js";
import type { Entries } from "../../redis/entry-buffer.js";
import { loadCommand } from "../../redis/put-form.js";
import { hostOfNode, nodeName } from "../../redis/redis-hosts.js";
import { errorKind, redirectionOf, textOf } from "../../redis/replies.js";
import { slotOfKey } from "../../redis/resp.js";
import type { RedisSession } from "../../redis/session.js";
import type { HotTally } from "./hot-stats.js";
import { type CommandFault, type LaneOptions, NodeLane } from "./node-lane.js";
import { type LinkKind, openLink } from "./open-link.js";
import { controlParcel, entriesOf, parcelOf, parcelOfResends } from "./parcel.js";
import { type Redelivered, Redelivery } from "./redelivery.js";
import { respondTo, type SkipReason } from "./skip-reason.js";
import { SlotTable } from "./slot-table.js";

export interface DeliveryOptions extends LaneOptions {
  readonly link: LinkKind;
  /** Of everything that waits or is on its way. */
  readonly maxQueueBytes: number;
  readonly onSettled: () => void;
}

/** Between two looks at clocks. */
const LOOK_MS = 20;

const asking = commandBytes(["ASKING"]);

/** Brings commands to their nodes, and each entry to its end, which comes once. */
export class HotDelivery {
  readonly #session: RedisSession;
  readonly #options: DeliveryOptions;
  readonly #tally: HotTally;
  readonly #lanes = new Map<string, NodeLane>();
  readonly #slots: SlotTable | null;
  readonly #redelivery = new Redelivery();
  /** Lanes that what puts entries was sent to; until their next look. */
  readonly #installing = new Set<NodeLane>();
  readonly #timer: NodeJS.Timeout;
  #bytesOfClosed = 0;
  #isFlushing = false;

  constructor(session: RedisSession, options: DeliveryOptions, tally: HotTally) {
    this.#session = session;
    this.#options = options;
    this.#tally = tally;
    const { topology } = session;
    this.#slots = topology === null ? null : new SlotTable();
    for (const node of session.masters()) this.#lane(node);
    this.#loadSlots();
    topology?.onRefresh(() => this.#loadSlots());
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** null where one node has all keys. */
  get slots(): SlotTable | null {
    return this.#slots;
  }

  get queuedBytes(): number {
    let bytes = this.#redelivery.bytes;
    for (const lane of this.#lanes.values()) bytes += lane.queuedBytes;
    return bytes;
  }

  get writtenBytes(): number {
    let bytes = this.#bytesOfClosed;
    for (const lane of this.#lanes.values()) bytes += lane.writtenBytes;
    return bytes;
  }

  get isUp(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.isUp);
  }

  /** Why no node takes anything now; undefined: one does. */
  refusal(): SkipReason | undefined {
    if (this.queuedBytes >= this.#options.maxQueueBytes) return "queue-full";
    let reason: SkipReason | undefined = "node-down";
    for (const lane of this.#activeLanes()) {
      reason = this.#laneRefusal(lane);
      if (reason === undefined) return undefined;
    }
    return reason;
  }

  /** Copies what a batch was encoded to. @param names of the nodes, as the encoder numbered them */
  send(entries: Entries, names: readonly string[]): void {
    for (const [number, name] of names.entries()) {
      const begin = entries.nodeCommands[number] ?? 0;
      const end = entries.nodeCommands[number + 1] ?? begin;
      if (begin === end) continue;
      const lane = this.#lane(name);
      const reason = this.#laneRefusal(lane);
      const parcel = parcelOf(entries, begin, end);
      if (reason === undefined) lane.send(parcel);
      else this.#skip(entriesOf(parcel, 0, parcel.commands), reason);
    }
    if (entries.ownerless.length > 0) {
      this.#skip(entries.ownerless.length, "no-owner");
      this.#session.topology?.refresh();
    }
  }

  /** Everything on its way is skipped. */
  abandon(reason: SkipReason): void {
    for (const item of this.#redelivery.clear()) this.#skip(item.entries, reason);
    for (const lane of this.#lanes.values()) if (lane.queuedBytes > 0) lane.drop(reason);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const item of this.#redelivery.clear()) this.#skip(item.entries, "closed");
    for (const lane of this.#lanes.values()) lane.close();
  }

  #laneRefusal(lane: NodeLane): SkipReason | undefined {
    // One slow node leaves room for the others.
    const share = this.#options.maxQueueBytes / Math.max(1, this.#activeLanes().length);
    if (lane.queuedBytes >= share) return "queue-full";
    return lane.refusal(performance.now());
  }

  #activeLanes(): NodeLane[] {
    return this.#session.masters().map((node) => this.#lane(node));
  }

  #lane(node: string): NodeLane {
    const known = this.#lanes.get(node);
    if (known !== undefined) return known;
    const lane = new NodeLane(node, {
      openLink: (events) => openLink(this.#session, node, { kind: this.#options.link, events }),
      events: {
        onSettled: (counts) => {
          this.#tally.settle(counts);
          this.#options.onSettled();
        },
        onSkipped: (entries, reason) => this.#skip(entries, reason),
        onFault: (fault) => this.#fault(fault),
      },
      options: this.#options,
    });
    this.#lanes.set(node, lane);
    return lane;
  }

  #skip(entries: number, reason: SkipReason): void {
    this.#tally.skip(entries, reason);
    this.#options.onSettled();
    // A node that is gone may have left its slots to another one.
    if (reason === "connection-lost" || reason === "timeout") this.#session.topology?.refresh();
  }

  #loadSlots(): void {
    const { topology } = this.#session;
    if (topology === null || this.#slots === null) return;
    this.#slots.load(topology.owners());
    const masters = new Set(topology.masters());
    for (const [node, lane] of this.#lanes) {
      if (masters.has(node) || lane.queuedBytes > 0) continue;
      this.#bytesOfClosed += lane.writtenBytes;
      lane.close();
      this.#lanes.delete(node);
    }
  }

  #fault(fault: CommandFault): void {
    const { lane, parcel, command, replies, node } = fault;
    const text = textOf(replies, node);
    const response = respondTo(replies.errorKinds[node] ?? 0, text);
    switch (response.kind) {
      case "redirect":
        this.#redirect(fault);
        return;
      case "install":
        this.#install(lane);
        this.#again(fault, { reason: "refused", text });
        return;
      case "again":
        if (response.refresh) this.#session.topology?.refresh();
        this.#again(fault, { reason: response.reason, text });
        return;
      default:
        if (response.kind === "pause") lane.rest(performance.now());
        this.#tally.error(response.reason, text);
        this.#skip(entriesOf(parcel, command, command + 1), response.reason);
    }
  }

  #redirect(fault: CommandFault): void {
    const { lane, replies, node } = fault;
    const text = textOf(replies, node);
    const target = redirectionOf(replies, node);
    if (target === undefined) {
      this.#again(fault, { reason: "moving", text });
      return;
    }
    const host = target.host === "" ? hostOfNode(lane.node).host : target.host;
    const name = nodeName({ host, port: target.port });
    const isAsking = replies.errorKinds[node] === errorKind.ask;
    if (!isAsking) {
      this.#slots?.set(target.slot, name);
      this.#session.topology?.refresh();
    }
    this.#again(fault, { reason: "moving", text, node: name, isAsking });
  }

  #again(
    { parcel, command }: CommandFault,
    {
      reason,
      text,
      node,
      isAsking = false,
    }: {
      readonly reason: SkipReason;
      readonly text: string;
      readonly node?: string;
      readonly isAsking?: boolean;
    },
  ): void {
    const entries = entriesOf(parcel, command, command + 1);
    const [begin, end] = [parcel.offsets[command], parcel.offsets[command + 1]];
    const bytes = new Uint8Array(parcel.bytes.subarray(begin, end));
    const attempts = parcel.attempts + 1;
    const item = { bytes, entries, attempts, reason, node, isAsking };
    if (!this.#redelivery.add(item, performance.now())) {
      this.#tally.error(reason, text);
      this.#skip(entries, reason);
      return;
    }
    this.#flushSoon();
  }

  /** Loads what puts entries into a server that has lost it: before what is sent again. */
  #install(lane: NodeLane): void {
    if (this.#installing.has(lane)) return;
    this.#installing.add(lane);
    lane.send(controlParcel(commandBytes(loadCommand(this.#session.form))));
  }

  /** When all of a chunk's answers have been read. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#redeliver();
    });
  }

  #look(): void {
    const nowMs = performance.now();
    this.#installing.clear();
    for (const lane of this.#lanes.values()) lane.look(nowMs);
    this.#redeliver();
  }

  #redeliver(): void {
    const groups = new Map<string, { node: string; isAsking: boolean; items: Redelivered[] }>();
    for (const item of this.#redelivery.due(performance.now())) {
      const node = item.node ?? this.#ownerOf(item);
      if (node === undefined) {
        this.#postpone(item);
        continue;
      }
      const { isAsking, attempts } = item;
      const key = `${node} ${isAsking} ${attempts}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { node, isAsking, items: [item] });
      else group.items.push(item);
    }
    for (const { node, isAsking, items } of groups.values()) this.#resend(node, isAsking, items);
  }

  #resend(node: string, isAsking: boolean, items: readonly Redelivered[]): void {
    const lane = this.#lane(node);
    if (lane.refusal(performance.now()) !== undefined) {
      // Another one may have its slots soon.
      this.#session.topology?.refresh();
      for (const item of items) this.#postpone(item);
      return;
    }
    this.#tally.retries += items.length;
    lane.send(parcelOfResends(items, isAsking ? asking : undefined));
  }

  /** Counts as an attempt, so that it ends. */
  #postpone(item: Redelivered): void {
    const later = { ...item, attempts: item.attempts + 1, node: undefined, isAsking: false };
    if (!this.#redelivery.add(later, performance.now())) this.#skip(item.entries, item.reason);
  }

  #ownerOf({ bytes }: Redelivered): string | undefined {
    if (this.#slots === null) return this.#session.masters()[0];
    return this.#slots.ownerOf(slotOfKey(keyOfCall(bytes)));
  }
}
