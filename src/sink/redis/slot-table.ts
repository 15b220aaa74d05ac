import { NO_NODE, SLOTS, type SlotNodes } from "../../redis/resp.js";

/** Who has which slot. Nodes are numbers here, in order of appearance. */
export class SlotTable {
  readonly #nodeOfSlot = new Uint16Array(SLOTS).fill(NO_NODE);
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  /**
   * As it is now, for an encoder that reads it on another thread.
   *
   * @returns with `host:port` of each number
   */
  snapshot(): SlotNodes & { readonly names: readonly string[] } {
    const names = [...this.#names];
    return { nodeOfSlot: this.#nodeOfSlot.slice(), nodes: names.length, names };
  }

  /** @param owners of each slot from 0 on; undefined: nobody */
  load(owners: readonly (string | undefined)[]): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      const owner = owners[slot];
      this.#nodeOfSlot[slot] = owner === undefined ? NO_NODE : this.#numberOf(owner);
    }
  }

  set(slot: number, owner: string): void {
    if (slot < SLOTS) this.#nodeOfSlot[slot] = this.#numberOf(owner);
  }

  ownerOf(slot: number): string | undefined {
    return this.#names[this.#nodeOfSlot[slot] ?? NO_NODE];
  }

  #numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.length;
      this.#names.push(name);
      this.#numbers.set(name, number);
    }
    return number;
  }
}
