import type { Progress } from "../../src/load/progress.js";

/** A load that is half done. */
export const halfDone: Progress = {
  runId: "20260131-a1b2",
  phase: "load",
  total: 10_000_000,
  migrated: 5_230_000,
  failed: 12,
  phaseRows: 5_230_012,
  phaseTotal: 10_000_000,
  percent: 78.54,
  elapsedMs: 12_400,
  etaMs: 5300,
  rowsPerSecond: 812_345,
  averageRowsPerSecond: 790_110,
  limit: "sink",
  rateLimit: null,
  isPaused: false,
  stages: [
    { name: "pack", rows: 10_000_000, busyMs: 3120 },
    { name: "encode", rows: 10_000_000, busyMs: 850 },
  ],
  sinks: [
    { url: "sqlite:earth.octree", loaded: 5_230_000, rejected: 12, skipped: 0, lagRows: 1000 },
    { url: "null:", loaded: 5_231_000, rejected: 12, skipped: 0, lagRows: 0 },
  ],
  rejectedByCode: { LEVEL_INVALID: 2, OUT_OF_FRAME: 10 },
};
