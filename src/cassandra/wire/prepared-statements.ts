import type { Client } from "cassandra-driver";
import { OctoloadError } from "../../errors/octoload-error.js";
import {
  type Ack,
  NodeWire,
  type OnAck,
  type PrepareAnswer,
  type StatementColumn,
} from "./node-wire.js";
import { classifyFailure, type WireFailure } from "./wire-failure.js";

export interface PreparedStatement {
  readonly query: string;
  /** The same on every node: MD5 of the query, which names its keyspace. */
  readonly id: Buffer;
  readonly columns: readonly StatementColumn[];
}

/** A batch can name several statements, and a node may have forgotten each of them. */
const MAX_REPREPARES = 3;

/**
 * Prepares a statement on every node with an open connection. One that can't be reached
 * answers UNPREPARED later, which PreparedStatements handles.
 *
 * @param query with the keyspace in front of the table's name: the id of an unqualified
 *   one depends on the connection's keyspace.
 * @throws OctoloadError CASSANDRA_PREPARE, CASSANDRA_UNREACHABLE, CASSANDRA_DRIVER_VERSION.
 */
export async function prepareEverywhere(client: Client, query: string): Promise<PreparedStatement> {
  const wires = client.hosts.keys().map((address) => NodeWire.of(client, address));
  const answers = await Promise.all(
    wires.filter(({ isUp }) => isUp).map(async (wire) => answerOf(wire, query)),
  );
  const statements = answers.filter((answer) => answer !== undefined);
  const [first, ...others] = statements;
  if (first === undefined) {
    throw new OctoloadError("CASSANDRA_UNREACHABLE", `no node took the statement ${query}`);
  }
  const odd = others.find((other) => !isSame(first, other));
  if (odd === undefined) return first;
  throw refused(query, "the nodes describe it differently: their schemas disagree");
}

async function answerOf(wire: NodeWire, query: string): Promise<PreparedStatement | undefined> {
  const answer = await wire.prepare(query);
  if (answer.kind === "prepared") return { query, id: answer.id, columns: answer.columns };
  if (answer.failure.code === undefined) return undefined;
  throw refused(query, `${wire.address} answered: ${answer.failure.message}`);
}

function refused(query: string, why: string): OctoloadError {
  return new OctoloadError("CASSANDRA_PREPARE", `${query}: ${why}`);
}

function isSame(one: PreparedStatement, other: Pick<PreparedStatement, "id" | "columns">): boolean {
  return one.id.equals(other.id) && JSON.stringify(one.columns) === JSON.stringify(other.columns);
}

/**
 * Sends frames of prepared statements and answers UNPREPARED: prepares again on that node,
 * once for all frames that met it, and sends once more. A statement that the server
 * describes otherwise by now is not sent again: the bytes were made for the old columns.
 */
export class PreparedStatements {
  readonly #statements = new Map<string, PreparedStatement>();
  readonly #preparing = new Map<string, Promise<WireFailure | undefined>>();
  #reprepares = 0;

  constructor(statements: readonly PreparedStatement[]) {
    for (const statement of statements)
      this.#statements.set(statement.id.toString("hex"), statement);
  }

  /** PREPARE requests sent because a node had forgotten a statement. */
  get reprepares(): number {
    return this.#reprepares;
  }

  /** As NodeWire.send(); `timeoutMs` is the time of each sending. */
  send(wire: NodeWire, frame: Uint8Array, timeoutMs: number): Promise<Ack> {
    return new Promise((resolve) => this.transmit(wire, frame, timeoutMs, resolve));
  }

  /** As NodeWire.transmit(). */
  transmit(wire: NodeWire, frame: Uint8Array, timeoutMs: number, onAck: OnAck): void {
    wire.transmit(frame, timeoutMs, (ack) => {
      if (!isUnprepared(ack)) return onAck(ack);
      this.#sendPrepared(wire, frame, timeoutMs, ack).then(onAck, (error: unknown) =>
        onAck({ kind: "failed", failure: classifyFailure(error, false) }),
      );
    });
  }

  async #sendPrepared(
    wire: NodeWire,
    frame: Uint8Array,
    timeoutMs: number,
    answer: Ack,
  ): Promise<Ack> {
    let ack = answer;
    for (let tries = 0; tries < MAX_REPREPARES; tries += 1) {
      if (ack.kind === "done" || ack.failure.reason !== "unprepared") return ack;
      const failure = await this.#reprepare(wire, ack.failure.statementId);
      if (failure !== undefined) return { kind: "failed", failure };
      ack = await wire.send(frame, timeoutMs);
    }
    return ack;
  }

  #reprepare(wire: NodeWire, id: Buffer): Promise<WireFailure | undefined> {
    const key = `${wire.address} ${id.toString("hex")}`;
    const underWay = this.#preparing.get(key);
    if (underWay !== undefined) return underWay;
    const preparing = this.#prepareAgain(wire, id).finally(() => this.#preparing.delete(key));
    this.#preparing.set(key, preparing);
    return preparing;
  }

  async #prepareAgain(wire: NodeWire, id: Buffer): Promise<WireFailure | undefined> {
    const statement = this.#statements.get(id.toString("hex"));
    if (statement === undefined)
      return invalid(`nobody prepared a statement ${id.toString("hex")}`);
    this.#reprepares += 1;
    return failureOf(statement, await wire.prepare(statement.query));
  }
}

function isUnprepared(ack: Ack): boolean {
  return ack.kind === "failed" && ack.failure.reason === "unprepared";
}

function failureOf(statement: PreparedStatement, answer: PrepareAnswer): WireFailure | undefined {
  if (answer.kind === "failed") return { ...answer.failure, mayBeApplied: false };
  if (isSame(statement, answer)) return undefined;
  return invalid(`the table has changed since the statement was prepared: ${statement.query}`);
}

function invalid(message: string): WireFailure {
  return { reason: "invalid", code: 0x2200, message, mayBeApplied: false };
}
