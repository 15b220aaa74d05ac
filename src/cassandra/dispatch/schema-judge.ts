import type { NodeLane } from "./node-lane.js";

export type SchemaVerdict =
  /** The statements still fit the tables. */
  | { readonly kind: "sound" }
  /** This node's tables are others than another node's: it has not heard of a change yet. */
  | { readonly kind: "disagreement" }
  /** All nodes that answer say so. */
  | { readonly kind: "lost"; readonly fault: string };

const sound: SchemaVerdict = { kind: "sound" };

/**
 * Tells a frame with an invalid row from a table that was dropped or altered: the server answers
 * both with the same code, and its messages are no interface.
 */
export class SchemaJudge {
  readonly #lanes: ReadonlyMap<string, NodeLane>;
  readonly #underWay = new Map<NodeLane, Promise<SchemaVerdict>>();

  constructor(lanes: ReadonlyMap<string, NodeLane>) {
    this.#lanes = lanes;
  }

  /** @param lane the node that called a frame invalid; asked once for all that wait for it */
  judge(lane: NodeLane): Promise<SchemaVerdict> {
    const underWay = this.#underWay.get(lane);
    if (underWay !== undefined) return underWay;
    const verdict = this.#ask(lane).finally(() => this.#underWay.delete(lane));
    this.#underWay.set(lane, verdict);
    return verdict;
  }

  async #ask(lane: NodeLane): Promise<SchemaVerdict> {
    const fault = await lane.carrier.findSchemaFault();
    if (fault === null) return sound;
    for (const other of this.#lanes.values()) {
      if (other === lane || other.isDown) continue;
      if ((await other.carrier.findSchemaFault()) === null) return { kind: "disagreement" };
    }
    return { kind: "lost", fault };
  }
}
