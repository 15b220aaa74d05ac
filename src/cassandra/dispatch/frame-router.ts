import { FrameQueue } from "./frame-queue.js";
import type { NodeLane } from "./node-lane.js";
import type { FrameRoute, PendingFrame } from "./pending-frame.js";

export interface RouterActions {
  /** Sends it there now: the lane has room. */
  readonly transmit: (frame: PendingFrame, lane: NodeLane) => void;
  /** No node at all could take it. */
  readonly strand: (frame: PendingFrame) => void;
}

/**
 * Chooses the node each frame goes to: the least busy owner. Where none has room, the frame
 * waits in the queues of all its owners, and the first to have room takes it: frames go out in the
 * order they came, node by node, and none waits for a node that other frames wait for.
 */
export class FrameRouter {
  readonly #lanes: ReadonlyMap<string, NodeLane>;
  readonly #actions: RouterActions;
  /** A frame stands in the queue of each node it may go to. */
  readonly #queues = new Map<NodeLane, FrameQueue<PendingFrame>>();
  #waiting = 0;

  constructor(lanes: ReadonlyMap<string, NodeLane>, actions: RouterActions) {
    this.#lanes = lanes;
    this.#actions = actions;
  }

  /** Frames in queues. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Sends a frame, lets it wait for room, or strands it. */
  place(frame: PendingFrame): void {
    const nodes = this.nodesFor(frame.route);
    if (nodes.length === 0) {
      this.#actions.strand(frame);
      return;
    }
    const lane = this.#leastBusy(frame, nodes);
    if (lane !== undefined) this.#actions.transmit(frame, lane);
    else this.#enqueue(frame, nodes);
  }

  /** Sends a frame if a node has room for it now. */
  placeNow(frame: PendingFrame): boolean {
    const lane = this.#leastBusy(frame, this.nodesFor(frame.route));
    if (lane !== undefined) this.#actions.transmit(frame, lane);
    return lane !== undefined;
  }

  /** Gives a node what waits for it, as long as it has room. */
  fill(lane: NodeLane): void {
    const queue = this.#queueOf(lane);
    for (;;) {
      const frame = queue.first;
      if (frame === undefined) return;
      if (frame.state !== "waiting") {
        queue.shift();
        continue;
      }
      if (!lane.hasRoom(frame.bytes.byteLength)) return;
      queue.shift();
      this.leave(frame);
      this.#actions.transmit(frame, lane);
    }
  }

  /** Counts a waiting frame as gone; the queues find out when they come to it. */
  leave(frame: PendingFrame): void {
    frame.state = "sent";
    this.#waiting -= 1;
  }

  /** Takes every waiting frame out of the queues: the nodes are others now. In order of arrival. */
  takeAll(frames: readonly PendingFrame[]): PendingFrame[] {
    this.#queues.clear();
    this.#waiting = 0;
    return frames.filter(({ state }) => state === "waiting");
  }

  /** Owners that are up; where none is, any node: each can coordinate a write. */
  nodesFor({ owners }: FrameRoute): readonly NodeLane[] {
    for (const lane of owners) if (lane.isDown) return this.#liveNodesFor(owners);
    return owners.length > 0 ? owners : this.#liveNodesFor(owners);
  }

  #liveNodesFor(owners: readonly NodeLane[]): readonly NodeLane[] {
    const live = owners.filter(({ isDown }) => !isDown);
    return live.length > 0 ? live : [...this.#lanes.values()].filter(({ isDown }) => !isDown);
  }

  #enqueue(frame: PendingFrame, nodes: readonly NodeLane[]): void {
    frame.state = "waiting";
    this.#waiting += 1;
    for (const lane of nodes) {
      if (isAvoided(frame, lane, nodes)) continue;
      const queue = this.#queueOf(lane);
      queue.push(frame);
      // Others took most of what stands in it, and this node is slow to find out, or at rest.
      if (queue.length > 2 * this.#waiting + 64) queue.keep(({ state }) => state === "waiting");
    }
  }

  /**
   * The one with the least in flight, in requests: a slower node has as many on the way as the
   * others, so it gets fewer a second, and one with a small window fills it, which lets it grow. A
   * frame does not overtake others that wait.
   */
  #leastBusy(frame: PendingFrame, nodes: readonly NodeLane[]): NodeLane | undefined {
    const turn = frame.route.nextTurn();
    const { byteLength } = frame.bytes;
    let best: NodeLane | undefined;
    for (let at = 0; at < nodes.length; at += 1) {
      const lane = nodes[(turn + at) % nodes.length];
      if (lane === undefined || isAvoided(frame, lane, nodes)) continue;
      if (!lane.hasRoom(byteLength) || this.#queueOf(lane).length > 0) continue;
      // Its rest is over, and without a frame nobody would learn that it is well again.
      if (lane.isFailing) return lane;
      if (best === undefined || lane.inFlight < best.inFlight) best = lane;
    }
    return best;
  }

  #queueOf(lane: NodeLane): FrameQueue<PendingFrame> {
    const known = this.#queues.get(lane);
    if (known !== undefined) return known;
    const queue = new FrameQueue<PendingFrame>();
    this.#queues.set(lane, queue);
    return queue;
  }
}

function isAvoided(frame: PendingFrame, lane: NodeLane, nodes: readonly NodeLane[]): boolean {
  return lane.carrier.node === frame.avoided && nodes.length > 1;
}
