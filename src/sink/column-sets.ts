import type { ColumnSet } from "./sink.js";

type Columns = ColumnSet["columns"];

/** Whether two sets have the same names and declared types in the same order. */
export function columnsEqual(a: Columns, b: Columns): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, declaredType }, i) => {
      return name === b[i]?.name && declaredType === b[i]?.declaredType;
    })
  );
}

/**
 * Numbers for the unmapped columns of a source's files, one a file (undefined: it has none). A
 * set that every target knows by one number keeps it; another gets a number that none has used,
 * because rows that were loaded before still refer to theirs.
 *
 * @param recorded what each target records
 */
export function numberColumnSets(
  files: readonly Columns[],
  recorded: readonly (readonly ColumnSet[])[],
): (ColumnSet | undefined)[] {
  const used = recorded.flat();
  const sets: ColumnSet[] = [];
  let last = used.reduce((highest, { number }) => Math.max(highest, number), 0);
  return files.map((columns) => {
    if (columns.length === 0) return undefined;
    const known = [...sets, ...used].find(
      (set) => columnsEqual(set.columns, columns) && isFree(set, recorded),
    );
    const set = known ?? { number: ++last, columns };
    sets.push(set);
    return set;
  });
}

/** Whether no target knows other columns by the set's number. */
function isFree({ number, columns }: ColumnSet, recorded: readonly (readonly ColumnSet[])[]) {
  return recorded.every((sets) =>
    sets.every((set) => set.number !== number || columnsEqual(set.columns, columns)),
  );
}
