import { WorkerClient } from "../worker/worker-client.js";
import type { GeneratePhase, GenerateResult } from "./build.js";
import { BuildControl } from "./build-control.js";
import { completeOptions, type GenerateOptions } from "./generate-options.js";
import type { GenerateApi } from "./generate-worker.js";

export type { GeneratePhase, GenerateResult } from "./build.js";
export type { GenerateOptions, RowOrder } from "./generate-options.js";

export interface GenerateProgress {
  readonly phase: GeneratePhase;
  /** Of this phase; while `plan` lasts, cells looked at, which may be more than `nodes`. */
  readonly done: number;
  readonly nodes: number;
  readonly elapsedMs: number;
}

export interface GenerateCall {
  /** Ends the build; nothing is left behind. */
  readonly signal?: AbortSignal;
  /** Called a few times a second. */
  readonly onProgress?: (progress: GenerateProgress) => void;
}

const PROGRESS_EVERY_MS = 250;

/**
 * Writes a GeoPackage with an adaptive octree of the Earth: fine cells at
 * coasts and cities, coarse ones at sea, every ancestor of every cell a row.
 * Coasts are real (Natural Earth), cities too (GeoNames); relief, materials and
 * metadata are made up. The file depends on the options alone.
 *
 * Runs in a thread of its own. The file gets its name when it is complete.
 *
 * @throws OctoloadError GENERATE_OPTIONS, FRAME_INVALID, OUTPUT_EXISTS, OUTPUT_FAILED;
 *   the signal's reason where it was aborted
 */
export async function generate(
  options: GenerateOptions,
  { signal, onProgress }: GenerateCall = {},
): Promise<GenerateResult> {
  const settings = completeOptions(options);
  signal?.throwIfAborted();
  const control = new BuildControl();
  const stop = () => control.stop();
  const startedAt = performance.now();
  const report = () => {
    const elapsedMs = Math.round(performance.now() - startedAt);
    onProgress?.({ ...control.progress, nodes: settings.nodes, elapsedMs });
  };
  const worker = WorkerClient.start<GenerateApi>("./generate-worker", import.meta.url);
  const timer = setInterval(report, PROGRESS_EVERY_MS);
  signal?.addEventListener("abort", stop);
  try {
    return await worker.call("build", [settings, control.shared]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    clearInterval(timer);
    await worker.close();
  }
}
