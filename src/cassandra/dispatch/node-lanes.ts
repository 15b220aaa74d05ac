import type { Ring } from "../ring.js";
import type { Carriers } from "./node-carrier.js";
import { type LaneOptions, NodeLane } from "./node-lane.js";
import type { FrameRoute } from "./pending-frame.js";
import { ReplicaRoute } from "./replica-route.js";

export interface LaneChanges {
  readonly down: readonly NodeLane[];
  readonly up: readonly { readonly lane: NodeLane; readonly downMs: number }[];
}

/** The nodes of the present ring, and the ways to the replica sets of all rings still in use. */
export class NodeLanes {
  readonly #carriers: Carriers;
  readonly #options: LaneOptions;
  readonly #lanes = new Map<string, NodeLane>();
  readonly #routesOf = new WeakMap<Ring, readonly FrameRoute[]>();
  readonly #routes = new Set<FrameRoute>();
  #ring: Ring;
  /** Of `#ring`: nearly all frames are for it. */
  #routesNow: readonly FrameRoute[] = [];

  constructor(ring: Ring, carriers: Carriers, options: LaneOptions) {
    this.#carriers = carriers;
    this.#options = options;
    this.#ring = ring;
    this.useRing(ring);
  }

  get byNode(): ReadonlyMap<string, NodeLane> {
    return this.#lanes;
  }

  get ring(): Ring {
    return this.#ring;
  }

  /** Those of older rings only while frames go that way. */
  get routes(): ReadonlySet<FrameRoute> {
    return this.#routes;
  }

  useRing(ring: Ring): void {
    this.#ring = ring;
    const nodes = new Set(ring.replicaSets.flat());
    for (const [node, lane] of this.#lanes) {
      if (nodes.has(node)) continue;
      lane.retire();
      this.#lanes.delete(node);
    }
    for (const node of nodes) this.#add(node);
    const routes = ring.replicaSets.map((set) => this.#routeTo(set));
    this.#routesOf.set(ring, routes);
    this.#routesNow = routes;
    for (const route of this.#routes) if (route.unsettled === 0) this.#routes.delete(route);
    for (const route of routes) this.#routes.add(route);
  }

  /** @returns undefined where the ring has no such replica set, or was never used here */
  routeOf(ring: Ring, replicaSet: number): FrameRoute | undefined {
    const routes = ring === this.#ring ? this.#routesNow : this.#routesOf.get(ring);
    return routes?.[replicaSet];
  }

  /** Looks which nodes have a connection. */
  observe(nowMs: number): LaneChanges {
    const down: NodeLane[] = [];
    const up: { lane: NodeLane; downMs: number }[] = [];
    for (const lane of this.#lanes.values()) {
      const { isUp } = lane.carrier;
      if (isUp && lane.isDown) {
        up.push({ lane, downMs: lane.downtime.up(nowMs) });
        lane.restart();
      } else if (!isUp && !lane.isDown) {
        lane.downtime.down(nowMs);
        down.push(lane);
      }
    }
    return { down, up };
  }

  /** A node that the driver has not heard of yet has no lane: its frames go to other owners. */
  #add(node: string): void {
    if (this.#lanes.has(node)) return;
    const carrier = this.#carriers.carrierOf(node);
    if (carrier !== undefined) this.#lanes.set(node, new NodeLane(carrier, this.#options));
  }

  #routeTo(replicaSet: readonly string[]): FrameRoute {
    const owners = replicaSet.map((node) => this.#lanes.get(node));
    return new ReplicaRoute(owners.filter((lane) => lane !== undefined));
  }
}
