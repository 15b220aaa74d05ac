import type { Frame } from "../encoding/frame.js";
import { encodePoint } from "../encoding/point.js";
import { sourceColumns } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { RowValue } from "../source/file-reader.js";
import { findRowsById } from "../source/find-by-id.js";
import { pointOf } from "../source/row-point.js";
import { Source } from "../source/source.js";
import type { SourceFile, SourceOptions } from "../source/source-options.js";
import type { CellKey } from "../target/stored-rows.js";
import type { TargetRow } from "../target/target-row.js";
import { areSame } from "./row-differences.js";

/** A row as the source has it now, beside how it was read before. */
export type PresentRow =
  | { readonly kind: "unchanged" }
  | { readonly kind: "gone" }
  | { readonly kind: "changed"; readonly values: ReadonlyMap<string, RowValue> };

/** Looking a row up by its Id may take a whole scan of the source. */
const MAX_LOOKUPS = 200;

/**
 * A source while services write to it: what was read before is a copy, or may have been overtaken.
 */
export class PresentSource {
  readonly #before: Source;
  readonly #options: SourceOptions;
  readonly #isCopy: boolean;
  #now: Promise<Source> | undefined;
  #lookups = 0;

  constructor(before: Source, options: SourceOptions) {
    const { snapshotDir: _, ...inPlace } = options;
    this.#before = before;
    this.#options = inPlace;
    this.#isCopy = before.files.some(({ snapshotPath }) => snapshotPath !== null);
  }

  /** @throws OctoloadError SOURCE_* */
  async row(file: number, rowid: bigint): Promise<PresentRow> {
    if (!this.#isCopy && (await this.#isUnchanged())) return { kind: "unchanged" };
    const source = await this.#open();
    const [now] = await source.rows(file, [rowid]);
    if (now === null || now === undefined) return { kind: "gone" };
    if (this.#isCopy) {
      const [before] = await this.#before.rows(file, [rowid]);
      if (before?.every((value, i) => areSame(value, now[i]))) return { kind: "unchanged" };
    }
    return { kind: "changed", values: valuesOf(source.files[file], now) };
  }

  /** Whether the source has now, at this cell, a row with these values. */
  async hasRow(key: CellKey, row: TargetRow, frame: Frame, coerceText: boolean): Promise<boolean> {
    const { id } = row.values;
    if (this.#lookups >= MAX_LOOKUPS || id === null || id === undefined) return false;
    if (!this.#isCopy && (await this.#isUnchanged())) return false;
    this.#lookups += 1;
    const { paths, table, columns } = this.#options;
    const found = findRowsById(String(id), {
      paths,
      ...(table === undefined ? {} : { table }),
      ...(columns === undefined ? {} : { columns }),
    });
    return found.some(({ position, file, values }) => {
      const point = pointOf(position, coerceText);
      if (point === undefined || point.level !== key.level) return false;
      const { x, y, z, level } = point;
      if (codeAt(x, y, z, level, frame) !== ((key.tile << 15n) | BigInt(key.cell))) return false;
      const info = this.#before.files.find(({ path }) => path === file);
      return info !== undefined && holdsValues(info, row, new Map(values));
    });
  }

  async close(): Promise<void> {
    const now = await this.#now?.catch(() => undefined);
    await now?.close();
  }

  /** A source that was written to is told by its own error. */
  async #isUnchanged(): Promise<boolean> {
    try {
      await this.#before.check();
      return true;
    } catch (error) {
      if (error instanceof OctoloadError && error.code === "SOURCE_CHANGED") return false;
      throw error;
    }
  }

  #open(): Promise<Source> {
    this.#now ??= Source.open(this.#options);
    return this.#now;
  }
}

function codeAt(x: number, y: number, z: number, level: number, frame: Frame): bigint | undefined {
  try {
    return encodePoint(x, y, z, level, frame);
  } catch (error) {
    if (error instanceof OctoloadError) return undefined;
    throw error;
  }
}

function valuesOf(
  file: SourceFile | undefined,
  values: readonly RowValue[],
): ReadonlyMap<string, RowValue> {
  return new Map(file?.columns.map(({ name }, i) => [name, values[i] ?? null] as const));
}

/** Whether a target's row has the values that a row of the source has now. */
export function holdsValues(
  file: Pick<SourceFile, "columnNames" | "extras">,
  row: TargetRow,
  values: ReadonlyMap<string, RowValue>,
): boolean {
  const known = sourceColumns.every((column) => {
    const name = file.columnNames[column];
    return name === null || areSame(row.values[column], values.get(name));
  });
  return known && file.extras.every(({ name }, i) => areSame(row.extras[i], values.get(name)));
}
