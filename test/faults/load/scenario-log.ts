import { deepStrictEqual } from "node:assert/strict";

/** What a scenario did and found, for its report. */
export class ScenarioLog {
  readonly steps: { readonly atSeconds: number; readonly text: string }[] = [];
  readonly checks: { readonly what: string; readonly isGood: boolean }[] = [];
  readonly figures: { readonly what: string; readonly value: string }[] = [];
  readonly #startMs = performance.now();
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  get seconds(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  /** Something was done, or happened, just now. */
  did(text: string): void {
    this.steps.push({ atSeconds: this.seconds, text });
    this.#tell(`  ${this.seconds.toFixed(1).padStart(6)} s  ${text}`);
  }

  figure(what: string, value: string | number): void {
    this.figures.push({ what, value: String(value) });
    this.did(`${what}: ${value}`);
  }

  /** @throws AssertionError where it is not so */
  equal(what: string, actual: unknown, expected: unknown): void {
    try {
      deepStrictEqual(actual, expected, `${what}: ${show(actual)}, expected ${show(expected)}`);
      this.checks.push({ what: `${what}: ${show(actual)}`, isGood: true });
    } catch (error) {
      this.checks.push({ what: `${what}: ${show(actual)}, not ${show(expected)}`, isGood: false });
      throw error;
    }
  }

  /** @throws AssertionError where it is not so */
  holds(what: string, isTrue: boolean): void {
    this.equal(what, isTrue, true);
  }
}

function show(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one));
}
