import type { PendingFrame } from "./pending-frame.js";

/**
 * Frames in order of arrival, removed from anywhere: linked through the frames themselves, because
 * a Set's hashing and growing would be a third of what a frame costs.
 */
export class FrameList {
  #first: PendingFrame | null = null;
  #last: PendingFrame | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param frame in no list */
  add(frame: PendingFrame): void {
    frame.previous = this.#last;
    if (this.#last === null) this.#first = frame;
    else this.#last.next = frame;
    this.#last = frame;
    this.#size += 1;
  }

  /** @param frame in this list */
  remove(frame: PendingFrame): void {
    const { previous, next } = frame;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    frame.previous = null;
    frame.next = null;
    this.#size -= 1;
  }

  toArray(): PendingFrame[] {
    const frames: PendingFrame[] = [];
    for (let frame = this.#first; frame !== null; frame = frame.next) frames.push(frame);
    return frames;
  }
}
