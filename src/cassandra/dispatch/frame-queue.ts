/** First in, first out; both ends cost the same however long it is. */
export class FrameQueue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head >= 64 && this.#head * 2 >= this.#items.length) this.#cut();
    return item;
  }

  /** Removes those that are not wanted. */
  keep(isWanted: (item: T) => boolean): void {
    this.#cut();
    this.#items = this.#items.filter(isWanted);
  }

  clear(): T[] {
    this.#cut();
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #cut(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
