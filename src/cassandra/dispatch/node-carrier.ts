import type { Client } from "cassandra-driver";
import { OctoloadError } from "../../errors/octoload-error.js";
import { NodeWire, type OnAck } from "../wire/node-wire.js";
import { type PreparedStatement, PreparedStatements } from "../wire/prepared-statements.js";

/** Brings frames to one node, and says what it knows of it. */
export interface NodeCarrier {
  /** `ip:port` */
  readonly node: string;
  /** Whether a frame sent now would find an open connection. */
  readonly isUp: boolean;
  /**
   * Calls back once, within its time limit and never at once; until then the frame stays as it is.
   */
  send(frame: Uint8Array, onAck: OnAck): void;
  /** How the tables differ from those the statements were prepared for; null: not at all. */
  findSchemaFault(): Promise<string | null>;
}

/** The nodes of a cluster, as far as they are known. */
export interface Carriers {
  /** @returns undefined for a node that is not part of the cluster */
  carrierOf(node: string): NodeCarrier | undefined;
  /** Statements prepared again because a node had forgotten them. */
  readonly reprepares: number;
}

/** Over the driver's own connections. */
export class WireCarriers implements Carriers {
  readonly #client: Client;
  readonly #statements: readonly PreparedStatement[];
  readonly #prepared: PreparedStatements;
  readonly #timeoutMs: number;

  constructor(client: Client, statements: readonly PreparedStatement[], timeoutMs: number) {
    this.#client = client;
    this.#statements = statements;
    this.#prepared = new PreparedStatements(statements);
    this.#timeoutMs = timeoutMs;
  }

  get reprepares(): number {
    return this.#prepared.reprepares;
  }

  /** @throws OctoloadError CASSANDRA_DRIVER_VERSION */
  carrierOf(node: string): NodeCarrier | undefined {
    const wire = wireOf(this.#client, node);
    if (wire === undefined) return undefined;
    const [statements, prepared, timeoutMs] = [this.#statements, this.#prepared, this.#timeoutMs];
    return {
      node,
      get isUp() {
        return wire.isUp;
      },
      send: (frame, onAck) => prepared.transmit(wire, frame, timeoutMs, onAck),
      findSchemaFault: () => findSchemaFault(wire, statements),
    };
  }
}

function wireOf(client: Client, node: string): NodeWire | undefined {
  try {
    return NodeWire.of(client, node);
  } catch (error) {
    if (error instanceof OctoloadError && error.code === "CASSANDRA_NODE_UNKNOWN") return undefined;
    throw error;
  }
}

/** A node that does not answer has no say in it. */
async function findSchemaFault(
  wire: NodeWire,
  statements: readonly PreparedStatement[],
): Promise<string | null> {
  for (const { query, id, columns } of statements) {
    const answer = await wire.prepare(query);
    if (answer.kind === "failed") {
      if (answer.failure.code === undefined) continue;
      return `${query}: ${answer.failure.message}`;
    }
    const isSame =
      answer.id.equals(id) && JSON.stringify(answer.columns) === JSON.stringify(columns);
    if (!isSame) return `${query}: the columns are others than when the run began`;
  }
  return null;
}
