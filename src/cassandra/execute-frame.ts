/** A prepared SELECT to be executed. */
export interface ExecuteRequest {
  readonly preparedId: Uint8Array;
  /** The protocol's number: see consistency.ts. */
  readonly consistency: number;
  /** Of type bigint, in the order of the statement's markers. */
  readonly bigints: readonly bigint[];
  /** Rows of a page. */
  readonly pageSize: number;
  /** Where the page begins; undefined: the first one. */
  readonly pagingState: Uint8Array | undefined;
}

const REQUEST_V4 = 0x04;
const EXECUTE = 0x0a;
const HEADER_BYTES = 9;
/** Values follow; no description of the columns is wanted; a page size follows. */
const FLAGS = 0x01 | 0x02 | 0x04;
const HAS_PAGING_STATE = 0x08;
const BIGINT_BYTES = 8;

/**
 * An EXECUTE frame, its stream id (bytes 2 and 3) to be set by the sender. Source: "CQL BINARY
 * PROTOCOL v4", sections 2, 4.1.4 and 4.1.6.
 */
export function encodeExecute(request: ExecuteRequest): Uint8Array {
  const { preparedId, consistency, bigints, pageSize, pagingState } = request;
  const stateBytes = pagingState === undefined ? 0 : 4 + pagingState.length;
  const bodyBytes =
    2 + preparedId.length + 2 + 1 + 2 + bigints.length * (4 + BIGINT_BYTES) + 4 + stateBytes;
  const frame = Buffer.alloc(HEADER_BYTES + bodyBytes);
  frame[0] = REQUEST_V4;
  frame[4] = EXECUTE;
  let at = frame.writeInt32BE(bodyBytes, 5);
  at = frame.writeUInt16BE(preparedId.length, at);
  frame.set(preparedId, at);
  at = frame.writeUInt16BE(consistency, at + preparedId.length);
  at = frame.writeUInt8(pagingState === undefined ? FLAGS : FLAGS | HAS_PAGING_STATE, at);
  at = frame.writeUInt16BE(bigints.length, at);
  for (const value of bigints) {
    at = frame.writeInt32BE(BIGINT_BYTES, at);
    at = frame.writeBigInt64BE(value, at);
  }
  at = frame.writeInt32BE(pageSize, at);
  if (pagingState !== undefined) frame.set(pagingState, frame.writeInt32BE(pagingState.length, at));
  return frame;
}
