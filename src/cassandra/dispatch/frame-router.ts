import type { NodeLane } from "./node-lane.js";
import type { PendingFrame } from "./pending-frame.js";
import type { ReplicaRoute } from "./replica-route.js";

export interface RouterActions {
  /** Sends it there now: the lane has room. */
  readonly transmit: (frame: PendingFrame, lane: NodeLane) => void;
  /** No node at all could take it. */
  readonly strand: (frame: PendingFrame) => void;
}

/**
 * Chooses the node each frame goes to: the owner with most room. Where none has any, the frame
 * waits in the queues of all its owners, and the first to have room takes it: frames go out in the
 * order they came, node by node, and none waits for a node that other frames wait for.
 */
export class FrameRouter {
  readonly #lanes: ReadonlyMap<string, NodeLane>;
  readonly #actions: RouterActions;
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
    const lane = roomiest(frame, nodes);
    if (lane !== undefined) this.#actions.transmit(frame, lane);
    else this.#enqueue(frame, nodes);
  }

  /** Sends a frame if a node has room for it now. */
  placeNow(frame: PendingFrame): boolean {
    const lane = roomiest(frame, this.nodesFor(frame.route));
    if (lane !== undefined) this.#actions.transmit(frame, lane);
    return lane !== undefined;
  }

  /** Gives a node what waits for it, as long as it has room. */
  fill(lane: NodeLane): void {
    const { queue } = lane;
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
  takeAll(frames: Iterable<PendingFrame>): PendingFrame[] {
    for (const lane of this.#lanes.values()) lane.queue.clear();
    this.#waiting = 0;
    return Array.from(frames).filter(({ state }) => state === "waiting");
  }

  /** Owners that are up; where none is, any node: each can coordinate a write. */
  nodesFor({ owners }: ReplicaRoute): readonly NodeLane[] {
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
      lane.queue.push(frame);
      // Others took most of what stands in it, and it comes to them late: it is slow, or paused.
      if (lane.queue.length > 2 * this.#waiting + 64) {
        lane.queue.keep(({ state }) => state === "waiting");
      }
    }
  }
}

/** A frame that may wait behind others does not overtake them. */
function roomiest(frame: PendingFrame, nodes: readonly NodeLane[]): NodeLane | undefined {
  const turn = frame.route.nextTurn();
  const { byteLength } = frame.bytes;
  let best: NodeLane | undefined;
  for (let at = 0; at < nodes.length; at += 1) {
    const lane = nodes[(turn + at) % nodes.length];
    if (lane === undefined || isAvoided(frame, lane, nodes)) continue;
    if (lane.queue.length > 0 || !lane.hasRoom(byteLength)) continue;
    if (best === undefined || lane.load < best.load) best = lane;
  }
  return best;
}

function isAvoided(frame: PendingFrame, lane: NodeLane, nodes: readonly NodeLane[]): boolean {
  return lane === frame.avoided && nodes.length > 1;
}
