// A run that only counts: follows its RunControl in the folder of argv[2] until its stdin ends.
// Says `ready` when it can be steered; argv[3], if given, is the rate it starts with.
import { ProgressTracker } from "../../../src/load/progress-tracker.js";
import { RunControl } from "../../../src/load/run-control.js";

const [runDir = "", rate] = process.argv.slice(2);
const url = "null:";
const tracker = new ProgressTracker({
  runId: "steered",
  sinkUrls: [url],
  nowMs: () => performance.now(),
});
tracker.total(1_000_000_000);
tracker.phase("load");

const control = await RunControl.open({
  runDir,
  runId: "steered",
  rowsPerSecond: rate === undefined ? undefined : Number(rate),
});
control.onChange(({ isPaused, rowsPerSecond }) => {
  tracker.paused(isPaused);
  tracker.rateLimit(rowsPerSecond);
});
const limiter = control.createLimiter();
const stop = new AbortController();
process.stdin.resume().on("end", () => stop.abort());
process.stdout.write("ready\n");

while (!stop.signal.aborted) {
  await limiter.acquire(100, stop.signal).catch(() => undefined);
  if (stop.signal.aborted) break;
  tracker.acknowledged(url, 100);
  control.publish(tracker.snapshot());
  await new Promise((resolve) => setTimeout(resolve, 2));
}
await control.close();
