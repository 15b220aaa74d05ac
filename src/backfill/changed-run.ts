import { OctoloadError } from "../errors/octoload-error.js";
import type { SinkCursor } from "../load/deliver.js";
import type { RunContext } from "../load/run-context.js";
import type { Sink } from "../sink/sink.js";
import type { Baseline } from "./baseline.js";
import { type ChangedRanges, findChangedRanges } from "./changed-ranges.js";
import { facts, type RunParts } from "./set-up.js";

/** Opens a sink's cursors at their beginnings. */
export type OpenCursors = (sink: Sink) => Promise<readonly SinkCursor[]>;

/** The part of a run that sends only what its targets do not have (--changed-only). */
export class ChangedRun {
  readonly #parts: Pick<RunParts, "run" | "sinks" | "digester">;
  readonly #sets = new Map<string, ReadonlySet<number>>();
  #found: readonly ChangedRanges[] = [];

  constructor(parts: Pick<RunParts, "run" | "sinks" | "digester">) {
    this.#parts = parts;
  }

  /** By a sink's URL the ranges it gets; empty until find(), and in a load of all rows. */
  get sets(): ReadonlyMap<string, ReadonlySet<number>> {
    return this.#sets;
  }

  /** One a sink; empty: a load of all rows. */
  get found(): readonly ChangedRanges[] {
    return this.#found;
  }

  /** Compares all derived rows with what the baselines left; a resumed run knows what it found. */
  async find(openCursors: OpenCursors, context: RunContext): Promise<void> {
    if (!this.#parts.run.changedOnly) return;
    const { store } = context;
    const known = await store.fact(facts.changed);
    this.#found =
      (known as ChangedRanges[] | undefined) ?? (await this.#compare(openCursors, context));
    if (known === undefined) await store.putFact(facts.changed, this.#found);
    for (const { url, changed } of this.#found) this.#sets.set(url, new Set(changed));
    for (const one of this.#found) context.emit({ event: "note", message: described(one) });
  }

  async #compare(openCursors: OpenCursors, context: RunContext): Promise<ChangedRanges[]> {
    const { sinks, digester } = this.#parts;
    const baselines = ((await context.store.fact(facts.baselines)) ?? []) as Baseline[];
    const found: ChangedRanges[] = [];
    for (const sink of sinks) {
      const baseline = baselines.find(({ url }) => url === sink.url);
      if (baseline === undefined || digester === undefined) {
        throw new OctoloadError("INTERNAL", "a run has forgotten what it compares with");
      }
      const cursors = await openCursors(sink);
      found.push(await findChangedRanges(sink, baseline, cursors, digester, context));
    }
    return found;
  }
}

function described({ url, baselineRunId, ranges, changed }: ChangedRanges): string {
  return `${url}: ${changed.length} of ${ranges} ranges are not as the run ${baselineRunId} left them`;
}
