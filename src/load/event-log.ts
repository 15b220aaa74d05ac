import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "./progress.js";

export const EVENTS_FILE = "events.ndjson";
/** Of the log; whoever watches the run gets every look. */
const PROGRESS_INTERVAL_MS = 2000;

/** Writes a run's events to its directory, one JSON object a line. */
export class EventLog {
  readonly #stream: WriteStream;
  #progressMs = Number.NEGATIVE_INFINITY;
  #heldBack: RunEvent | undefined;

  constructor(runDir: string) {
    this.#stream = createWriteStream(join(runDir, EVENTS_FILE), { flags: "a", mode: 0o600 });
    // A load does not end because its log cannot be written, as on a full disk.
    this.#stream.on("error", () => undefined);
  }

  write(event: RunEvent): void {
    if (event.event === "progress") {
      const now = performance.now();
      this.#heldBack = event;
      if (now - this.#progressMs < PROGRESS_INTERVAL_MS) return;
      this.#progressMs = now;
      this.#heldBack = undefined;
    }
    // The last counts of a run are in its log, however soon after others they came.
    if (event.event === "finished" && this.#heldBack !== undefined) this.#append(this.#heldBack);
    this.#append(event);
  }

  #append(event: RunEvent): void {
    if (this.#stream.writable) {
      this.#stream.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.destroyed) resolve();
      else this.#stream.end(() => resolve());
    });
  }
}
