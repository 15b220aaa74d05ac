import type { Sink } from "../sink/sink.js";

/** A target made for a probe, beside the one that is probed. */
export interface ScratchTarget {
  readonly sink: Sink;
  /** Closes and removes it. @returns what could not be removed, in words; null: nothing is left */
  remove(): Promise<string | null>;
}

export function closing(sink: Sink, remove: () => Promise<string | null>): ScratchTarget {
  let removed: Promise<string | null> | undefined;
  const removeOnce = async () => {
    await sink.close().catch(() => undefined);
    return remove();
  };
  return {
    sink,
    remove: () => {
      removed ??= removeOnce();
      return removed;
    },
  };
}
