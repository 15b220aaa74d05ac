import type { Frame } from "../encoding/frame.js";
import { encodePoint } from "../encoding/point.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type DeadRow, DeadRows } from "../load/dead-rows.js";
import { lettersOfRow, type RowLetter } from "../load/row-letters.js";
import { type RunFile, readRunFile } from "../load/run-file.js";
import type { FoundRow } from "../source/find-by-id.js";
import type { RowPoint } from "../source/row-point.js";

/** A dead letter and the row it is about. */
export interface TracedLetter extends RowLetter {
  readonly file: string;
  readonly rowid: bigint;
}

export interface CellReading {
  readonly frame: Frame;
  readonly coerceText: boolean;
}

/** The dead letters of a row that the source still has. */
export function lettersOfFound(
  runDir: string,
  { file, rowid }: Pick<FoundRow, "file" | "rowid">,
): TracedLetter[] {
  return lettersOfRow(runDir, file, rowid).map((letter) => ({ ...letter, file, rowid }));
}

/**
 * The dead letters of rows that were in a cell when they were rejected: losers of a collision, and
 * rows that a sink refused. Looks at all letters, since none names its cell.
 */
export async function lettersOfCell(
  runDir: string,
  cell: { readonly code: bigint; readonly level: number },
  reading: CellReading,
): Promise<TracedLetter[]> {
  const files = new Map((await readRunFile(runDir))?.source.files.map((file) => [file.path, file]));
  const deadRows = new DeadRows(runDir);
  try {
    const isOfCell = (row: DeadRow) => {
      const file = files.get(row.file);
      const point = file === undefined ? undefined : formerPoint(deadRows, row, file, reading);
      return point !== undefined && isIn(cell, point, reading.frame);
    };
    const found: DeadRow[] = [];
    for (const page of deadRows.pages([])) found.push(...page.filter(isOfCell));
    return found.flatMap((row) => lettersOfFound(runDir, row));
  } finally {
    deadRows.close();
  }
}

function formerPoint(
  deadRows: DeadRows,
  row: DeadRow,
  { columnNames }: RunFile["source"]["files"][number],
  { coerceText }: CellReading,
): RowPoint | undefined {
  return deadRows.formerPoint(row, { columnNames, geometry: null }, coerceText);
}

function isIn(
  { code, level }: { readonly code: bigint; readonly level: number },
  point: RowPoint,
  frame: Frame,
): boolean {
  if (point.level !== level) return false;
  try {
    return encodePoint(point.x, point.y, point.z, level, frame) === code;
  } catch (error) {
    if (error instanceof OctoloadError) return false;
    throw error;
  }
}
