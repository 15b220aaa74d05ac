import type { HotCounts, NotCachedReason } from "../load/cache-report.js";

export const noHotCounts: HotCounts = {
  offered: 0,
  cached: 0,
  older: 0,
  skipped: 0,
  skippedBy: {},
};

export function addCounts(one: HotCounts, other: HotCounts): HotCounts {
  const skippedBy: Partial<Record<NotCachedReason, number>> = { ...one.skippedBy };
  for (const [name, rows] of Object.entries(other.skippedBy)) {
    const reason = name as NotCachedReason;
    skippedBy[reason] = (skippedBy[reason] ?? 0) + rows;
  }
  return {
    offered: one.offered + other.offered,
    cached: one.cached + other.cached,
    older: one.older + other.older,
    skipped: one.skipped + other.skipped,
    skippedBy,
  };
}
