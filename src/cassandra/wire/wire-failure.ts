/**
 * Why a frame was not acknowledged. The numbers are the error codes of the CQL
 * binary protocol v4, section 9 ("Error codes").
 */
export type WireFailure = FailureFacts &
  (
    | { readonly reason: PlainReason }
    /** The node doesn't know the statement: prepare it there again and send once more. */
    | { readonly reason: "unprepared"; readonly statementId: Buffer }
    /** Too few live replicas, as the coordinator sees them. */
    | { readonly reason: "unavailable"; readonly required: number; readonly alive: number }
    | {
        readonly reason: "write-timeout" | "write-failure";
        /** Replicas that answered, of those the consistency level asks for. */
        readonly received: number;
        readonly required: number;
      }
  );

export interface FailureFacts {
  /** The server's error code; undefined when no server answered. */
  readonly code: number | undefined;
  /** The server's or the driver's own words. */
  readonly message: string;
  /**
   * False only where the frame certainly wrote nothing. "unavailable" and "overloaded"
   * count as true: an unlogged batch is checked one mutation at a time, and those before
   * the refused one are on their way.
   */
  readonly mayBeApplied: boolean;
}

/** The reasons that carry nothing beyond FailureFacts. */
export type PlainReason =
  /** No open connection to the node, or it closed before the frame was written to it. */
  | "not-sent"
  /** The connection closed after the frame was written. */
  | "connection-lost"
  /** No answer within the time the caller allowed. */
  | "client-timeout"
  | "overloaded"
  | "bootstrapping"
  | "truncating"
  /** The statement doesn't fit the schema, or the batch or a value is too large. */
  | "invalid"
  | "unauthorized"
  | "protocol-error"
  | "server-error";

/** The fields an error of the driver may have, whatever its class. */
interface DriverErrorFields {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly isSocketError?: unknown;
  readonly requestNotWritten?: unknown;
  readonly queryId?: unknown;
  readonly required?: unknown;
  readonly alive?: unknown;
  readonly received?: unknown;
  readonly blockFor?: unknown;
}

interface CodeClass {
  readonly reason: PlainReason;
  readonly mayBeApplied: boolean;
}

const classOfCode: ReadonlyMap<number, CodeClass> = new Map([
  [0x0000, { reason: "server-error", mayBeApplied: true }],
  [0x000a, { reason: "protocol-error", mayBeApplied: false }],
  [0x0100, { reason: "unauthorized", mayBeApplied: false }],
  [0x1001, { reason: "overloaded", mayBeApplied: true }],
  [0x1002, { reason: "bootstrapping", mayBeApplied: false }],
  [0x1003, { reason: "truncating", mayBeApplied: true }],
  [0x2000, { reason: "invalid", mayBeApplied: false }],
  [0x2100, { reason: "unauthorized", mayBeApplied: false }],
  [0x2200, { reason: "invalid", mayBeApplied: false }],
  [0x2300, { reason: "invalid", mayBeApplied: false }],
]);

/** Of a node without an open connection. */
export function notSent(message: string): WireFailure {
  return { reason: "not-sent", code: undefined, message, mayBeApplied: false };
}

/**
 * Classes an error the driver calls back with. An error of no known kind counts as
 * "server-error" that may have been applied: the cautious reading.
 *
 * @param isTimeout whether it is the driver's OperationTimedOutError.
 */
export function classifyFailure(error: unknown, isTimeout: boolean): WireFailure {
  const fields = (typeof error === "object" && error !== null ? error : {}) as DriverErrorFields;
  const message = typeof fields.message === "string" ? fields.message : String(error);
  if (fields.requestNotWritten === true) return notSent(message);
  const unanswered = { code: undefined, message, mayBeApplied: true };
  if (fields.isSocketError === true) return { reason: "connection-lost", ...unanswered };
  if (isTimeout) return { reason: "client-timeout", ...unanswered };
  if (typeof fields.code !== "number") return { reason: "server-error", ...unanswered };
  return classifyAnswer(fields.code, message, fields);
}

function classifyAnswer(code: number, message: string, fields: DriverErrorFields): WireFailure {
  const applied = { code, message, mayBeApplied: true };
  switch (code) {
    case 0x1000: {
      const [required, alive] = [numberOf(fields.required), numberOf(fields.alive)];
      return { reason: "unavailable", required, alive, ...applied };
    }
    case 0x1100:
    case 0x1500: {
      const reason = code === 0x1100 ? "write-timeout" : "write-failure";
      const [received, required] = [numberOf(fields.received), numberOf(fields.blockFor)];
      return { reason, received, required, ...applied };
    }
    case 0x2500:
      if (!Buffer.isBuffer(fields.queryId)) break;
      return {
        reason: "unprepared",
        statementId: fields.queryId,
        code,
        message,
        mayBeApplied: false,
      };
  }
  return { reason: "server-error", ...applied, ...classOfCode.get(code) };
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
