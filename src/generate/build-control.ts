import type { GeneratePhase } from "./build.js";

const phases: readonly GeneratePhase[] = ["plan", "shuffle", "write"];
const STOP = 0;
const PHASE = 1;
const DONE = 2;
const WORDS = 3;

/** A few words of memory that a build and its caller share: how far it is, and whether to stop. */
export class BuildControl {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** Ends the build by throwing, once stop() was called. */
  requireWanted(): void {
    if (Atomics.load(this.#words, STOP) !== 0) throw new Error("the build was stopped");
  }

  report(phase: GeneratePhase, done: number): void {
    Atomics.store(this.#words, PHASE, phases.indexOf(phase));
    Atomics.store(this.#words, DONE, done);
  }

  get progress(): { readonly phase: GeneratePhase; readonly done: number } {
    const phase = phases[Atomics.load(this.#words, PHASE)] ?? "plan";
    return { phase, done: Atomics.load(this.#words, DONE) };
  }
}
