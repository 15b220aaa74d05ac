import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw } from "node:zlib";
import { OctoloadError } from "../errors/octoload-error.js";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Before the first block. */
export const FILE_MAGIC = Buffer.from("OCTOROW1", "latin1");
const BLOCK_MAGIC = 0x4b4c424f; // "OBLK", little-endian
const END_MAGIC = 0x444e454f; // "OEND"
export const HEADER_BYTES = 24;
/** A block is full with the row that brings it here; a row may have 16 MiB and more. */
export const BLOCK_BYTES = 1 << 20;
const MAX_BLOCK_BYTES = 1 << 28;
/** Envelopes are compressed already: more effort finds little more. */
const EFFORT = 1;

/** The head of a block, as the file has it. */
export interface BlockHead {
  readonly kind: "rows" | "end";
  /** From 0; of the end the number of blocks. */
  readonly number: number;
  /** Of the block; of the end all rows, mod 2^32. */
  readonly rows: number;
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly checksum: number;
}

/** Rows as a block: head and compressed rows. */
export async function encodeBlock(number: number, rows: number, raw: Buffer): Promise<Buffer> {
  const stored = await deflate(raw, { level: EFFORT });
  return withHead({ magic: BLOCK_MAGIC, number, rows, rawBytes: raw.length }, stored);
}

/** What stands after the last block, so that a file that was cut is known. */
export function encodeEnd(blocks: number, rows: number): Buffer {
  return withHead({ magic: END_MAGIC, number: blocks, rows, rawBytes: 0 }, Buffer.alloc(0));
}

interface HeadFacts {
  readonly magic: number;
  readonly number: number;
  readonly rows: number;
  readonly rawBytes: number;
}

function withHead({ magic, number, rows, rawBytes }: HeadFacts, stored: Buffer): Buffer {
  const block = Buffer.alloc(HEADER_BYTES + stored.length);
  block.writeUInt32LE(magic, 0);
  block.writeUInt32LE(number, 4);
  block.writeUInt32LE(rows >>> 0, 8);
  block.writeUInt32LE(rawBytes, 12);
  block.writeUInt32LE(stored.length, 16);
  block.set(stored, HEADER_BYTES);
  block.writeUInt32LE(checksumOf(block), 20);
  return block;
}

/** CRC-32 of all of the block but itself. */
function checksumOf(block: Uint8Array): number {
  return crc32(block.subarray(HEADER_BYTES), crc32(block.subarray(0, 20)));
}

/** @throws OctoloadError BACKUP_DAMAGED naming the block, `number`, that was expected here */
export function decodeHead(path: string, number: number, head: Buffer): BlockHead {
  if (head.length < HEADER_BYTES) throw damagedBlock(path, number, "the file ends before it");
  const magic = head.readUInt32LE(0);
  const facts = {
    number: head.readUInt32LE(4),
    rows: head.readUInt32LE(8),
    rawBytes: head.readUInt32LE(12),
    storedBytes: head.readUInt32LE(16),
    checksum: head.readUInt32LE(20),
  };
  const isKnown = magic === BLOCK_MAGIC || magic === END_MAGIC;
  const isBounded = facts.rawBytes <= MAX_BLOCK_BYTES && facts.storedBytes <= MAX_BLOCK_BYTES;
  if (!isKnown || !isBounded || facts.number !== number) {
    throw damagedBlock(path, number, "its head is none");
  }
  return { kind: magic === END_MAGIC ? "end" : "rows", ...facts };
}

/**
 * The rows of a block, still encoded.
 *
 * @param block head and stored bytes
 * @throws OctoloadError BACKUP_DAMAGED
 */
export async function decodeBlock(path: string, head: BlockHead, block: Buffer): Promise<Buffer> {
  const { number, rawBytes, storedBytes, checksum } = head;
  if (block.length !== HEADER_BYTES + storedBytes) {
    throw damagedBlock(path, number, "the file ends within it");
  }
  if (checksumOf(block) !== checksum) {
    throw damagedBlock(path, number, "it does not fit its checksum");
  }
  if (head.kind === "end") return Buffer.alloc(0);
  const raw = await inflate(block.subarray(HEADER_BYTES), { maxOutputLength: rawBytes + 1 }).catch(
    () => undefined,
  );
  if (raw?.length === rawBytes) return raw;
  throw damagedBlock(path, number, `it does not decompress to ${rawBytes} bytes`);
}

export function damagedBlock(path: string, number: number, fault: string): OctoloadError {
  return new OctoloadError("BACKUP_DAMAGED", `${path}, block ${number}: ${fault}`);
}
