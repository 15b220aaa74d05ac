import type { RunMap, RunReport } from "../../src/load/run-report.js";

/** A map of the given deepest levels (255: none) and node counts, row by row. */
export function mapOf(width: number, height: number, levels: number[], nodes: number[]): RunMap {
  const counts = Buffer.alloc(width * height * 4);
  for (const [i, count] of nodes.entries()) counts.writeUInt32LE(count, i * 4);
  return {
    width,
    height,
    deepestLevels: Buffer.from(levels).toString("base64"),
    nodes: counts.toString("base64"),
  };
}

/** A run that ended well, but for twelve rows. */
export const someRejected: RunReport = {
  octoload: "0.1.0",
  runId: "20260131-a1b2",
  outcome: "rejected",
  exitCode: 1,
  startedAt: "2026-01-31T12:00:00.000Z",
  endedAt: "2026-01-31T12:00:20.000Z",
  elapsedMs: 20_000,
  resumes: 1,
  source: {
    name: "earth",
    files: [{ path: "earth.gpkg", table: "octree", rows: 100_012 }],
    fingerprint: "pages:7:12345",
  },
  frame: { name: "centred", min: [-20e6, -10e6, -10e6], size: [40e6, 20e6, 20e6] },
  filters: { where: "Level < 20" },
  total: 100_012,
  sinks: [
    { url: "sqlite:earth.octree", layout: "node", loaded: 100_000, rejected: 12, skipped: 0 },
  ],
  orphans: 3,
  collisions: 2,
  rejectedByCode: [
    { code: "OUT_OF_FRAME", rows: 10 },
    { code: "CODE_OF_TOMORROW", rows: 2 },
  ],
  warnings: [{ code: "SLOW_DISK", rows: 0, message: "the disk is slow" }],
  levels: [
    { level: 0, rows: 1 },
    { level: 5, rows: 99_999 },
  ],
  materials: [
    { materialId: 7, rows: 90_000 },
    { materialId: null, rows: 10_000 },
  ],
  otherMaterials: 0,
  stages: [
    { name: "pack", rows: 100_012, busyMs: 4000 },
    { name: "sqlite:earth.octree", rows: 100_000, busyMs: 9000 },
  ],
  throughput: [
    { atMs: 5000, phase: "scan", rowsPerSecond: 20_000 },
    { atMs: 10_000, phase: "scan", rowsPerSecond: 0 },
    { atMs: 20_000, phase: "load", rowsPerSecond: 10_000 },
  ],
  map: mapOf(4, 2, [0, 0, 5, 0, 255, 5, 5, 0], [0, 0, 10, 0, 0, 11, 9, 0]),
};
