import {
  type ColumnNames,
  defaultColumnNames,
  type SourceColumn,
  sourceColumns,
} from "../encoding/source-columns.js";
import type { ColumnSet } from "../sink/sink.js";
import type { RecordedSource, TargetMeta } from "../sink/target-meta.js";
import type { SourceValue, TargetRow } from "./target-row.js";

/** A column of a source's table, and where a row of the target has its value. */
export interface TableColumn {
  readonly name: string;
  readonly read: (row: TargetRow) => SourceValue;
}

/** A table as a source had it. */
export interface SourceTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
}

const ofNoSource: Pick<RecordedSource, "table" | "columnNames" | "columnOrder"> = {
  table: "octree",
  columnNames: defaultColumnNames,
  columnOrder: [],
};

/**
 * The tables that a target's rows came from, by shape: rows with the same columns share a table.
 * In one table, a column that some of its rows lack would have to be NULL there, which is
 * something else.
 */
export class SourceTables {
  readonly #meta: Pick<TargetMeta, "sources" | "columnSets">;
  readonly #byShape = new Map<string, SourceTable>();
  readonly #takenNames = new Set<string>();

  constructor(meta: Pick<TargetMeta, "sources" | "columnSets">) {
    this.#meta = meta;
  }

  /** The table of a row; the same object for each row of its shape. */
  tableOf(row: TargetRow): SourceTable {
    const shape = shapeOf(row);
    const known = this.#byShape.get(shape);
    if (known !== undefined) return known;
    const source = this.#sourceOf(row.columnSet);
    const columns = [
      ...sourceColumns.filter((column) => row.values[column] !== undefined),
      ...[...row.extras.keys()].filter((i) => row.extras[i] !== undefined),
    ];
    return this.#add(shape, source, columns, row.columnSet);
  }

  /** The table of a target without rows. */
  emptyTable(): SourceTable {
    const source = this.#meta.sources[0] ?? ofNoSource;
    const columnSet = this.#meta.sources[0]?.columnSets[0] ?? 0;
    const extras = this.#setOf(columnSet)?.columns.keys() ?? [];
    const named = sourceColumns.filter((column) => source.columnNames[column] !== null);
    return this.#add("", source, [...named, ...extras], columnSet);
  }

  #add(
    shape: string,
    source: Pick<RecordedSource, "table" | "columnNames" | "columnOrder">,
    columns: readonly (SourceColumn | number)[],
    columnSet: number,
  ): SourceTable {
    const taken = new Set<string>();
    const set = this.#setOf(columnSet);
    const named = columns.map((column): TableColumn => {
      const name = unique(nameOf(column, source.columnNames, set), taken);
      if (typeof column === "number") return { name, read: ({ extras }) => extras[column] };
      return { name, read: ({ values }) => values[column] };
    });
    const name = unique(source.table, this.#takenNames);
    const table = { name, columns: inOrder(named, source.columnOrder) };
    this.#byShape.set(shape, table);
    return table;
  }

  #setOf(number: number): ColumnSet | undefined {
    return this.#meta.columnSets.find((set) => set.number === number);
  }

  /** A row does not say which source it is from; where it has unmapped columns, their set does. */
  #sourceOf(columnSet: number): Pick<RecordedSource, "table" | "columnNames" | "columnOrder"> {
    const { sources } = this.#meta;
    const source =
      columnSet === 0
        ? sources.find(({ columnSets }) => columnSets.length === 0)
        : sources.find(({ columnSets }) => columnSets.includes(columnSet));
    return source ?? sources[0] ?? ofNoSource;
  }
}

function shapeOf({ values, columnSet, extras }: TargetRow): string {
  const isThere = (value: SourceValue) => (value === undefined ? "0" : "1");
  const own = sourceColumns.map((column) => isThere(values[column])).join("");
  return `${columnSet}:${own}:${extras.map(isThere).join("")}`;
}

function nameOf(
  column: SourceColumn | number,
  names: ColumnNames,
  set: ColumnSet | undefined,
): string {
  if (typeof column === "number") return set?.columns[column]?.name ?? `column_${column + 1}`;
  return names[column] ?? defaultColumnNames[column];
}

/** SQLite's names differ only where they differ without regard to case. */
function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let i = 2; taken.has(folded(candidate)); i++) candidate = `${name}_${i}`;
  taken.add(folded(candidate));
  return candidate;
}

/** SQLite folds ASCII alone. */
function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** As the source had them; those it does not name come last. */
function inOrder(columns: readonly TableColumn[], order: readonly string[]): TableColumn[] {
  const places = new Map(order.map((name, i) => [folded(name), i]));
  const placeOf = ({ name }: TableColumn) => places.get(folded(name)) ?? order.length;
  return columns.toSorted((a, b) => placeOf(a) - placeOf(b));
}
