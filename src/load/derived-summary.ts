import { codeOf } from "../encoding/cell.js";
import { MAX_LEVEL } from "../encoding/level.js";
import type { CellName, TopmostCells } from "../sink/topmost-cells.js";
import type { RunMap, RunReport } from "./run-report.js";
import type { DerivedFacts } from "./sorted-run.js";

const MOST_MATERIALS = 50;

/** What deriving found out, kept as a fact of the run: a resumed one has to report it too. */
export interface DerivedSummary {
  /** Cells: rows that have their level and code for themselves. */
  readonly rows: number;
  readonly orphans: number;
  readonly collisions: number;
  readonly levels: RunReport["levels"];
  readonly materials: RunReport["materials"];
  readonly otherMaterials: number;
  readonly map: RunMap;
  /** Of the whole source, whatever filters leave out. */
  readonly topmost: TopmostCells;
}

export function summarizeDerived(facts: DerivedFacts): DerivedSummary {
  const { survey, rows, orphans, collisions } = facts;
  const materials = [
    { materialId: null, rows: survey.withoutMaterial },
    ...Array.from(survey.materials, (materialId, i) => ({
      materialId,
      rows: survey.materialRows[i] ?? 0,
    })),
  ]
    .filter((material) => material.rows > 0)
    .sort((a, b) => b.rows - a.rows);
  const rest = materials.slice(MOST_MATERIALS).reduce((sum, material) => sum + material.rows, 0);
  return {
    rows,
    orphans,
    collisions,
    levels: Array.from(facts.rowsByLevel, (count, level) => ({ level, rows: count })).filter(
      (entry) => entry.rows > 0,
    ),
    materials: materials.slice(0, MOST_MATERIALS),
    otherMaterials: survey.otherMaterials + rest,
    map: mapOf(survey),
    topmost: topmostOf(facts.topmost),
  };
}

function topmostOf({ tiles, cells, levels, maxLevel }: DerivedFacts["topmost"]): TopmostCells {
  return {
    cells: Array.from(levels, (level, i): CellName => {
      return [level, String(codeOf(tiles[i] ?? 0n, cells[i] ?? 0))];
    }),
    coarsenedTo: maxLevel < MAX_LEVEL ? maxLevel : null,
  };
}

/** The survey's rows begin in the south, a map's in the north. */
function mapOf({ mapWidth, mapHeight, deepestLevels, nodes }: DerivedFacts["survey"]): RunMap {
  const levels = new Uint8Array(deepestLevels.length);
  const counts = new Uint32Array(nodes.length);
  for (let row = 0; row < mapHeight; row += 1) {
    const from = row * mapWidth;
    const to = (mapHeight - 1 - row) * mapWidth;
    levels.set(deepestLevels.subarray(from, from + mapWidth), to);
    counts.set(nodes.subarray(from, from + mapWidth), to);
  }
  return {
    width: mapWidth,
    height: mapHeight,
    deepestLevels: base64(levels),
    nodes: base64(new Uint8Array(counts.buffer)),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
