import { firstDescendant, lastDescendant } from "../encoding/cell.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** A cell as JSON holds it: its level and its Morton code in decimal. */
export type CellName = readonly [level: number, code: string];

/**
 * Where a source lies: its cells around which it has no other, filters left aside. No cell lies in
 * another. Of a source that has too many it is a cover (native/derive/topmost_cells.h): each cell of
 * the level `coarsenedTo` may stand for some of the source's inside it.
 */
export interface TopmostCells {
  readonly cells: readonly CellName[];
  /** null: these are the topmost cells themselves. */
  readonly coarsenedTo: number | null;
}

/** A cell of one source and one of another, of which one lies in the other or which are the same. */
export interface Overlap {
  readonly one: CellName;
  readonly other: CellName;
  /** false: a cell that stands for others holds the other source's; those may lie apart. */
  readonly isCertain: boolean;
}

/** A certain overlap where there is one, else a possible one; undefined: the sources lie apart. */
export function findOverlap(one: TopmostCells, other: TopmostCells): Overlap | undefined {
  const [ours, theirs] = [spansOf(one), spansOf(other)];
  let possible: Overlap | undefined;
  for (let i = 0, j = 0; ; ) {
    const [a, b] = [ours[i], theirs[j]];
    if (a === undefined || b === undefined) return possible;
    if (a.first <= b.last && b.first <= a.last) {
      const overlap = { one: a.name, other: b.name, isCertain: isCertain(a, b) };
      if (overlap.isCertain) return overlap;
      possible ??= overlap;
    }
    if (a.last < b.last) i += 1;
    else j += 1;
  }
}

/**
 * @param recorded the sources a target holds, with their topmost cells; null: it has no row of them
 * @throws OctoloadError SOURCE_OVERLAP where `source` overlaps one of another name
 */
export function requireNoOverlap(
  target: string,
  recorded: readonly { readonly name: string; readonly topmost: TopmostCells | null }[],
  source: { readonly name: string; readonly topmost: TopmostCells },
): void {
  for (const { name, topmost } of recorded) {
    if (name === source.name || topmost === null) continue;
    const overlap = findOverlap(source.topmost, topmost);
    if (overlap === undefined) continue;
    throw new OctoloadError(
      "SOURCE_OVERLAP",
      `${target} holds the source ${describeValue(name)}, ${describeOverlap(overlap, describeValue(source.name))}`,
    );
  }
}

function describeOverlap({ one, other, isCertain }: Overlap, source: string): string {
  const relation = { "-1": "lies in", 0: "is the same as", 1: "lies around" } as const;
  const order = Math.sign(one[0] - other[0]) as -1 | 0 | 1;
  const cells = `whose ${describeCell(other)} ${relation[order]} ${describeCell(one)} of ${source}`;
  if (isCertain) return cells;
  return `${cells}: they may overlap, which a source with so many topmost cells is not compared closely enough to rule out`;
}

function describeCell([level, code]: CellName): string {
  return `cell ${code} of level ${level}`;
}

/** The cells of the deepest level within a cell. */
interface Span {
  readonly name: CellName;
  readonly first: bigint;
  readonly last: bigint;
  readonly isExact: boolean;
}

function spansOf({ cells, coarsenedTo }: TopmostCells): Span[] {
  const spans = cells.map((name): Span => {
    const [level, text] = name;
    const code = BigInt(text);
    return {
      name,
      first: firstDescendant(code, level, MAX_LEVEL),
      last: lastDescendant(code, level, MAX_LEVEL),
      isExact: level !== coarsenedTo,
    };
  });
  return spans.sort((a, b) => (a.first < b.first ? -1 : 1));
}

/** Where the outer cell is a row's, all that is inside it overlaps. */
function isCertain(one: Span, other: Span): boolean {
  const order = one.name[0] - other.name[0];
  if (order === 0) return one.isExact || other.isExact;
  return order < 0 ? one.isExact : other.isExact;
}
