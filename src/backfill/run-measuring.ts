import { statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RunMeasures } from "../load/predictions.js";
import type { Phase } from "../load/progress.js";
import { parseTargetUrl } from "../sink/target-url.js";

/** Measures what a plan foretells and a run's report does not have elsewhere. */
export class RunMeasuring {
  readonly #phaseMs = new Map<string, number>();
  #phase: { readonly name: Phase; readonly sinceMs: number } | undefined;
  #spillBytes: number | null = null;

  enter(phase: Phase): void {
    const nowMs = performance.now();
    if (this.#phase !== undefined) this.#phaseMs.set(this.#phase.name, nowMs - this.#phase.sinceMs);
    this.#phase = { name: phase, sinceMs: nowMs };
  }

  /** When all rows are sorted and derived, the sorts have most on the disk. */
  async lookAtSpill(folder: string): Promise<void> {
    this.#spillBytes = await folderBytes(folder).catch(() => null);
  }

  measures(urls: readonly string[]): RunMeasures {
    const sizes = urls.flatMap((url): [string, number][] => {
      const target = parseTargetUrl(url);
      if (target.kind !== "sqlite") return [];
      const sizes = [target.path, `${target.path}-wal`].map(sizeOf);
      return sizes[0] === undefined ? [] : [[url, sizes[0] + (sizes[1] ?? 0)]];
    });
    return {
      phaseMs: this.#phaseMs,
      spillBytes: this.#spillBytes,
      targetBytes: new Map(sizes),
    };
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const sizes = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? folderBytes(path) : (await stat(path)).size;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
