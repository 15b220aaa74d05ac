import type { Ground } from "./ground.js";

/** What a row is made from, besides the seed; the same whether it waited in a file or not. */
export interface NodeFacts {
  i: number;
  j: number;
  k: number;
  level: number;
  /** Place in the depth-first walk, from 1: the row's Id. */
  id: number;
  coastKm: number;
  elevation: number;
  /** The city that marks the place, or -1. */
  city: number;
  cityKm: number;
}

const WORDS = 9;
export const BYTES_PER_NODE = WORDS * 4;

/** Nodes as fixed-size records of 32-bit words, single-precision floats among them. */
export class NodeBlock {
  readonly capacity: number;
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  count = 0;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(capacity * BYTES_PER_NODE);
    this.capacity = capacity;
    this.bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#floats = new Float32Array(buffer);
  }

  get isFull(): boolean {
    return this.count === this.capacity;
  }

  /** The bytes of the nodes it holds. */
  get filled(): Uint8Array {
    return this.bytes.subarray(0, this.count * BYTES_PER_NODE);
  }

  push(level: number, k: number, ground: Ground, id: number): void {
    const at = this.count++ * WORDS;
    this.#words[at] = ground.i;
    this.#words[at + 1] = ground.j;
    this.#words[at + 2] = k;
    this.#words[at + 3] = level;
    this.#words[at + 4] = id;
    this.#floats[at + 5] = ground.coastKm;
    this.#floats[at + 6] = ground.elevation;
    this.#words[at + 7] = ground.city;
    this.#floats[at + 8] = ground.cityKm;
  }

  read(index: number, out: NodeFacts): void {
    const at = index * WORDS;
    const words = this.#words;
    const floats = this.#floats;
    out.i = words[at] ?? 0;
    out.j = words[at + 1] ?? 0;
    out.k = words[at + 2] ?? 0;
    out.level = words[at + 3] ?? 0;
    out.id = words[at + 4] ?? 0;
    out.coastKm = floats[at + 5] ?? 0;
    out.elevation = floats[at + 6] ?? 0;
    out.city = words[at + 7] ?? -1;
    out.cityKm = floats[at + 8] ?? 0;
  }
}
