import type { CellKey } from "../../target/stored-rows.js";
import { cellName } from "../findings-file.js";
import type { Finding, FindingClass } from "../result.js";

/** A finding about a cell, of which no more is known than a note says. */
export function plainFinding(className: FindingClass, key: CellKey, note: string): Finding {
  return {
    class: className,
    ...cellName(key),
    ...{ columns: [], sourceColumns: [], envelope: null, note, source: null },
    ...{ writeTimeUs: null, isLive: false },
  };
}
