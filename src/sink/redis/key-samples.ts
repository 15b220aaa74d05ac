import { keyOfCall } from "../../redis/commands.js";
import type { Entries } from "../../redis/entry-buffer.js";

const MAX_KEYS = 256;
const LOOKS_PER_BATCH = 8;

/** A choice of the keys that went out, some of each batch (reservoir sampling, Vitter's R). */
export class KeySamples {
  readonly #keys: Buffer[] = [];
  readonly #random: () => number;
  #seen = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get keys(): readonly Buffer[] {
    return this.#keys;
  }

  take({ commands, offsets, bytes }: Entries): void {
    if (commands === 0) return;
    for (let i = 0; i < LOOKS_PER_BATCH; i++) {
      const command = Math.floor(this.#random() * commands);
      this.#seen += 1;
      const place = this.#keys.length < MAX_KEYS ? this.#keys.length : this.#place();
      if (place >= MAX_KEYS) continue;
      const call = bytes.subarray(offsets[command], offsets[command + 1]);
      this.#keys[place] = Buffer.from(keyOfCall(call));
    }
  }

  #place(): number {
    return Math.floor(this.#random() * this.#seen);
  }
}
