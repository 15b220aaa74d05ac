import { frames } from "../../src/encoding/frame.js";
import type { SourceFacts, SourceFileFacts } from "../../src/inspect/source-facts.js";

const noClasses = { integer: 0, real: 0, text: 0, blob: 0, null: 0, tooLarge: 0 };

export function fileFacts(changes: Partial<SourceFileFacts> = {}): SourceFileFacts {
  return {
    ...{ path: "/data/earth.gpkg", table: "nodes", rows: 1000, geometryColumn: null },
    ...{ bytes: 1_000_000, journalMode: "delete", walBytes: 0, hasHotJournal: false },
    ...{ pages: 250, freePages: 0, geoPackage: null },
    columns: [
      { name: "X", declaredType: "REAL", meaning: "x", classes: { ...noClasses, real: 1000 } },
    ],
    ...changes,
  };
}

/** A thousand rows with which nothing is wrong. */
export function sourceFacts(changes: Partial<SourceFacts> = {}): SourceFacts {
  const frame = frames.centred.toJSON();
  return {
    ...{ name: "earth.gpkg", fingerprint: "f", frame, rows: 1000, selected: 1000, rejected: [] },
    files: [fileFacts()],
    collisionExamples: [],
    unreadableCreated: 0,
    fit: {
      points: 1000,
      min: [-1e6, -1e6, -1e6],
      max: [1e6, 1e6, 1e6],
      frames: [
        { frame, inside: 1000 },
        { frame: frames.bluemarble.toJSON(), inside: 125 },
      ],
    },
    metadata: {
      values: 1000,
      bytes: 100_000,
      longest: { file: 0, rowid: "7", bytes: 200 },
      histogram: [0, 0, 0, 0, 0, 0, 0, 900, 100],
    },
    envelopeBytes: 120_000,
    derived: derivedFacts(),
    tiles: { byLevel: [{ level: 12, tiles: 100 }], rowsInLargest: 40 },
    times: { scanMs: 1000, deriveMs: 500, readMs: 900, encodeMs: 300, sortMs: 200 },
    ...changes,
  };
}

export function derivedFacts(
  changes: Partial<SourceFacts["derived"]> = {},
): SourceFacts["derived"] {
  return {
    ...{ rows: 1000, orphans: 0, collisions: 0, otherMaterials: 0 },
    levels: [{ level: 12, rows: 1000 }],
    materials: [{ materialId: 1, rows: 1000 }],
    topmost: { cells: [], coarsenedTo: null },
    ...changes,
  };
}
