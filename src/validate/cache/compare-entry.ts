import type { StoredCell, StoredColumn } from "../../target/row-reader.js";
import type { FindingClass } from "../result.js";
import type { CachedEntry } from "./cached-entries.js";

/** What an entry is beside its row in the target. */
export type EntryVerdict =
  | { readonly kind: "agrees" | "newer" | "gone" }
  | {
      readonly kind: "wrong";
      readonly class: Extract<FindingClass, `cache-${string}`>;
      readonly columns: readonly StoredColumn[];
      readonly note: string | null;
    };

/** @param cell undefined: the target has no such row */
export function compareEntry(cached: CachedEntry, cell: StoredCell | undefined): EntryVerdict {
  const { entry, ttlMs, wtsUs } = cached;
  if (entry.kind === "none" || ttlMs === -2) return { kind: "gone" };
  if (entry.kind === "malformed") {
    return wrong("cache-malformed", [], "what lies at the key is no entry");
  }
  const storedUs = cell === undefined ? null : newestTime(cell);
  const isNewer = wtsUs !== null && storedUs !== null && wtsUs > storedUs;
  const verdict = isNewer ? ({ kind: "newer" } as const) : compareValues(cached, cell);
  if (verdict.kind !== "wrong" && ttlMs === -1) {
    return wrong("cache-no-ttl", [], "it has no time to live");
  }
  return verdict;
}

function compareValues({ entry }: CachedEntry, cell: StoredCell | undefined): EntryVerdict {
  if (entry.kind === "absent") {
    if (cell === undefined) return { kind: "agrees" };
    return wrong("cache-stale", [], "it says that there is no such row, and the target has one");
  }
  if (entry.kind !== "row") return { kind: "gone" };
  if (cell === undefined) return wrong("cache-extra", [], "the target has no such row");
  const { materialId, homogeneity, childrenMask, lastModified } = entry.columns;
  const columns: StoredColumn[] = [];
  if (materialId !== cell.materialId) columns.push("material_id");
  if (homogeneity !== cell.homogeneity) columns.push("homogeneity");
  if (cell.childrenMask === null || childrenMask !== (cell.childrenMask & 0xff)) {
    columns.push("children_mask");
  }
  if (lastModified !== cell.lastModified) columns.push("last_modified");
  return columns.length === 0 ? { kind: "agrees" } : wrong("cache-stale", columns, null);
}

function wrong(
  className: Extract<FindingClass, `cache-${string}`>,
  columns: readonly StoredColumn[],
  note: string | null,
): EntryVerdict {
  return { kind: "wrong", class: className, columns, note };
}

export function newestTime({ writeTimesUs }: StoredCell): bigint | null {
  const times = Object.values(writeTimesUs).filter((time) => time !== null);
  return times.reduce<bigint | null>(
    (max, time) => (max === null || time > max ? time : max),
    null,
  );
}
