import { createRequire } from "node:module";

interface Tokenizer {
  hash(value: Buffer): { getValue(): { toString(): string } };
}

const { Murmur3Tokenizer } = createRequire(import.meta.url)(
  "cassandra-driver/lib/tokenizer.js",
) as { Murmur3Tokenizer: new () => Tokenizer };
const tokenizer = new Murmur3Tokenizer();

const lowest = -(2n ** 63n);

/**
 * The token that cassandra-driver computes of a partition key's bytes. The
 * driver gives -2^63 where that is the hash; Cassandra's Murmur3Partitioner
 * keeps that number as the ring's beginning and takes 2^63 - 1 in its place.
 */
function tokenOf(partitionKey: Buffer): bigint {
  const hash = BigInt(tokenizer.hash(partitionKey).getValue().toString());
  return hash === lowest ? -lowest - 1n : hash;
}

function bigintBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return bytes;
}

/** Layout node: the key is one bigint. */
export function driverToken(key: bigint): bigint {
  return tokenOf(bigintBytes(key));
}

/** Layout tile: a composite of tinyint and bigint, each as length u16, bytes, 0. */
export function driverTileToken(level: number, tile: bigint): bigint {
  const head = Buffer.from([0, 1, level, 0, 0, 8]);
  return tokenOf(Buffer.concat([head, bigintBytes(tile), Buffer.from([0])]));
}
