import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Ground } from "./ground.js";
import { randomStream, type SeedWords } from "./hash.js";
import { BYTES_PER_NODE, NodeBlock } from "./node-block.js";

/** Nodes a file; more where that would take too many files. */
const NODES_PER_FILE = 1 << 16;
const MOST_FILES = 400;
const NODES_PER_WRITE = 256;

interface ShuffleFile {
  readonly path: string;
  readonly fd: number;
  readonly pending: NodeBlock;
  written: number;
}

/**
 * A random order of more nodes than memory holds: each goes into a random file,
 * then one file after another is shuffled in memory. Every order is possible
 * and, for an ideal random source, equally likely.
 */
export class ShuffleFiles {
  readonly #files: ShuffleFile[] = [];
  readonly #seed: SeedWords;
  readonly #random: () => number;

  /** @param folder for the files, 36 bytes a node, removed one by one as they are read */
  constructor(folder: string, nodes: number, seed: SeedWords) {
    this.#seed = seed;
    this.#random = randomStream(seed, 0);
    const count = Math.min(MOST_FILES, Math.ceil(nodes / NODES_PER_FILE));
    for (let n = 0; n < count; n++) {
      const path = join(folder, `shuffle-${n}`);
      const pending = new NodeBlock(NODES_PER_WRITE);
      this.#files.push({ path, fd: openSync(path, "w+"), pending, written: 0 });
    }
  }

  push(level: number, k: number, ground: Ground, id: number): void {
    const file = this.#files[Math.floor(this.#random() * this.#files.length)];
    if (file === undefined) return;
    file.pending.push(level, k, ground, id);
    if (file.pending.isFull) flush(file);
  }

  /** Hands out all nodes in their new order: a block and an index in it. */
  drain(use: (block: NodeBlock, index: number) => void): void {
    for (const file of this.#files) flush(file);
    const most = Math.max(0, ...this.#files.map(({ written }) => written));
    const block = new NodeBlock(most / BYTES_PER_NODE);
    const order = new Uint32Array(block.capacity);
    for (const [n, file] of this.#files.entries()) {
      readInto(block, file);
      permute(order, block.count, randomStream(this.#seed, n + 1));
      for (let at = 0; at < block.count; at++) use(block, order[at] ?? 0);
      unlinkSync(file.path);
    }
  }

  close(): void {
    for (const { fd } of this.#files) closeSync(fd);
  }
}

function flush(file: ShuffleFile): void {
  const { filled } = file.pending;
  for (let at = 0; at < filled.length; ) {
    at += writeSync(file.fd, filled, at, filled.length - at, file.written + at);
  }
  file.written += filled.length;
  file.pending.count = 0;
}

function readInto(block: NodeBlock, { fd, written }: ShuffleFile): void {
  for (let at = 0; at < written; ) {
    const count = readSync(fd, block.bytes, at, written - at, at);
    if (count === 0) throw new RangeError(`a shuffle file ends at ${at} of ${written} bytes`);
    at += count;
  }
  block.count = written / BYTES_PER_NODE;
}

/** The numbers 0 to count - 1 at the beginning of `order`, by Fisher and Yates' shuffle. */
function permute(order: Uint32Array, count: number, random: () => number): void {
  for (let n = 0; n < count; n++) order[n] = n;
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    const moved = order[n] ?? 0;
    order[n] = order[other] ?? 0;
    order[other] = moved;
  }
}
