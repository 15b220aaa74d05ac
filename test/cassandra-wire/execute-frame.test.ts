import { expect, it } from "vitest";
import { encodeExecute } from "../../src/cassandra/execute-frame.js";
import { int, short, shortBytes } from "./cql-peer.js";

const header = (length: number) => Buffer.concat([Buffer.from([4, 0, 0, 0, 10]), int(length)]);

function bigint(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return Buffer.concat([int(8), bytes]);
}

it("encodes an EXECUTE of two bigints, with and without a page's beginning", () => {
  const preparedId = Buffer.from("0123456789abcdef");
  const request = { preparedId, consistency: 6, bigints: [-1n, 2n ** 63n - 1n], pageSize: 5000 };
  const values = [short(2), bigint(-1n), bigint(2n ** 63n - 1n), int(5000)];
  const start = [shortBytes(preparedId), short(6)];
  const first = Buffer.concat([...start, Buffer.from([7]), ...values]);
  expect(encodeExecute({ ...request, pagingState: undefined })).toEqual(
    Buffer.concat([header(first.length), first]),
  );
  const pagingState = Buffer.from("next");
  const next = Buffer.concat([...start, Buffer.from([15]), ...values, int(4), pagingState]);
  expect(encodeExecute({ ...request, pagingState })).toEqual(
    Buffer.concat([header(next.length), next]),
  );
});
