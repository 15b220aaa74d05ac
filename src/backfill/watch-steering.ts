import type { RunEvent } from "../load/progress.js";
import type { ProgressTracker } from "../load/progress-tracker.js";
import type { RunControl } from "../load/run-control.js";

/** Shows and records what people steer a run to while it goes on. */
export function watchSteering(
  control: RunControl,
  tracker: ProgressTracker,
  emit: (event: RunEvent) => void,
): void {
  tracker.rateLimit(control.settings.rowsPerSecond);
  control.onChange((now, before) => {
    tracker.paused(now.isPaused);
    tracker.rateLimit(now.rowsPerSecond);
    if (now.isPaused !== before.isPaused) {
      emit({ event: now.isPaused ? "paused" : "resumed" });
    }
    if (now.rowsPerSecond !== before.rowsPerSecond) {
      emit({ event: "rate", rowsPerSecond: now.rowsPerSecond });
    }
  });
}
