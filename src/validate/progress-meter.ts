import type { ValidationProgress } from "./validate-options.js";

type Phase = ValidationProgress["phase"];

const TELL_MS = 250;

/** Where a validation is, told now and then, and how long each phase took. */
export class ProgressMeter {
  /** Rows that seem to differ so far. */
  found = 0;
  readonly #tell: ((progress: ValidationProgress) => void) | undefined;
  readonly #startMs = performance.now();
  readonly #stages: { readonly name: Phase; readonly startMs: number }[] = [];
  #total: number | null = null;
  #rows = 0;
  #toldMs = 0;

  constructor(tell: ((progress: ValidationProgress) => void) | undefined) {
    this.#tell = tell;
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startMs);
  }

  /** @param total rows that the phase will go through; null: not known */
  enter(phase: Phase, total: number | null): void {
    this.#total = total;
    if (this.#stages.at(-1)?.name === phase) return;
    this.#rows = 0;
    this.#stages.push({ name: phase, startMs: performance.now() });
    this.#report();
  }

  /** So many rows went through the phase. */
  rows(count: number): void {
    this.#rows = count;
    if (performance.now() - this.#toldMs >= TELL_MS) this.#report();
  }

  stages(): { name: string; elapsedMs: number }[] {
    return this.#stages.map(({ name, startMs }, i) => {
      const endMs = this.#stages[i + 1]?.startMs ?? performance.now();
      return { name, elapsedMs: Math.round(endMs - startMs) };
    });
  }

  #report(): void {
    const stage = this.#stages.at(-1);
    if (stage === undefined) return;
    this.#toldMs = performance.now();
    const seconds = (this.#toldMs - stage.startMs) / 1000;
    this.#tell?.({
      phase: stage.name,
      rows: this.#rows,
      total: this.#total,
      rowsPerSecond: seconds > 0.05 ? Math.round(this.#rows / seconds) : 0,
      found: this.found,
    });
  }
}
