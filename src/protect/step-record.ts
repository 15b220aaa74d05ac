import { OctoloadError } from "../errors/octoload-error.js";
import type { ProtectHooks } from "./protect-options.js";
import {
  type ProtectedFile,
  type ProtectedOutcome,
  type ProtectedStep,
  writeProtectedFile,
} from "./protected-file.js";

/** What a step that has ended comes to. */
export interface StepEnd {
  readonly detail: string;
  /** A file or folder that proves it. */
  readonly evidence?: string;
}

/** The steps of a protected run, each change of which is on the disk before the next begins. */
export class StepRecord {
  readonly #runDir: string;
  readonly #onStep: ProtectHooks["onStep"];
  #file: ProtectedFile;

  constructor(runDir: string, file: ProtectedFile, { onStep }: ProtectHooks) {
    this.#runDir = runDir;
    this.#file = file;
    this.#onStep = onStep;
  }

  get file(): ProtectedFile {
    return this.#file;
  }

  /** Those of a kind, in their order. */
  of(kind: ProtectedStep["kind"]): readonly ProtectedStep[] {
    return this.#file.steps.filter((step) => step.kind === kind);
  }

  async begin(step: ProtectedStep, detail: string): Promise<void> {
    const startedAt = step.startedAt ?? new Date().toISOString();
    await this.#change(step, { state: "running", detail, startedAt });
  }

  /** It goes on with the next process. */
  async leave(step: ProtectedStep, detail: string): Promise<void> {
    await this.#change(step, { detail });
  }

  async end(
    step: ProtectedStep,
    state: "done" | "failed" | "skipped",
    { detail, evidence }: StepEnd,
  ): Promise<void> {
    const endedAt = new Date().toISOString();
    await this.#change(step, { state, detail, endedAt, evidence: evidence ?? null });
  }

  async finish(outcome: ProtectedOutcome, failure: string | null): Promise<void> {
    this.#file = { ...this.#file, outcome, failure, endedAt: new Date().toISOString() };
    await writeProtectedFile(this.#runDir, this.#file);
  }

  /** Why the targets are to be put back, so that the next process knows it too. */
  async fail(failure: string): Promise<void> {
    this.#file = { ...this.#file, failure };
    await writeProtectedFile(this.#runDir, this.#file);
  }

  async #change({ kind, target }: ProtectedStep, changes: Partial<ProtectedStep>): Promise<void> {
    const isIt = (step: ProtectedStep) => step.kind === kind && step.target === target;
    const steps = this.#file.steps.map((step) => (isIt(step) ? { ...step, ...changes } : step));
    this.#file = { ...this.#file, steps };
    await writeProtectedFile(this.#runDir, this.#file);
    const changed = steps.find(isIt);
    if (changed === undefined) throw new OctoloadError("INTERNAL", `there is no step ${kind}`);
    this.#onStep?.(changed);
  }
}
