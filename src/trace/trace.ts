import { existsSync } from "node:fs";
import { requireCode } from "../encoding/cell.js";
import { MAX_CODE_LEVEL } from "../encoding/level.js";
import { encodePoint } from "../encoding/point.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type RunFile, readRunFile } from "../load/run-file.js";
import type { ColumnMapping } from "../source/columns.js";
import { type FoundRow, findRowsById } from "../source/find-by-id.js";
import { pointOf } from "../source/row-point.js";
import { type OpenTargetOptions, openTarget } from "../target/open-target.js";
import type { CellCopies, Target } from "../target/target.js";
import { lettersOfCell, lettersOfFound, type TracedLetter } from "./dead-letters.js";

/** The row to be traced: its source's Id as text, or its cell. */
export type TracedRow =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "cell"; readonly code: bigint; readonly level: number };

export interface TraceOptions extends OpenTargetOptions {
  readonly row: TracedRow;
  /** The target's URL. */
  readonly to: string;
  /** Files or globs; by default those of the run. */
  readonly sources?: readonly string[];
  readonly table?: string;
  readonly columns?: ColumnMapping;
  /** The run whose dead letters are looked at. */
  readonly runDir?: string;
  /** Of the source's coordinates and level, as the load had it; by default as the run had. */
  readonly coerceText?: boolean;
}

/** A cell, or why there is none. */
export type TracedCell =
  | { readonly kind: "cell"; readonly code: bigint; readonly level: number }
  | { readonly kind: "none"; readonly why: string };

/** One row's way. */
export interface RowTrace {
  /** null: it was not looked for, or not found. */
  readonly source: FoundRow | null;
  readonly cell: TracedCell;
  /** null: the target cannot hold the cell. */
  readonly copies: CellCopies | null;
  /** null: no run was named. */
  readonly letters: readonly TracedLetter[] | null;
}

export interface TraceResult {
  /** The target. */
  readonly place: string;
  readonly meta: Target["meta"];
  /** Several where several rows of the source have the Id; none where none has. */
  readonly rows: readonly RowTrace[];
}

/**
 * Follows a row from its source to each copy of it in a target. Writes nothing.
 *
 * @throws OctoloadError USAGE for an Id without a source; SOURCE_*, RUN_*, TARGET_*, CASSANDRA_*
 */
export async function traceRow(options: TraceOptions): Promise<TraceResult> {
  const { row } = options;
  const run = options.runDir === undefined ? undefined : await readRun(options.runDir);
  const search = searchOf(options, run);
  if (row.kind === "id" && search === undefined) throw needsSource();
  const target = await openTarget(options.to, options);
  try {
    const tracer = new Tracer(target, search, options, run);
    const rows = row.kind === "id" ? await tracer.byId(row.id) : [await tracer.byCell(row)];
    return { place: target.place, meta: target.meta, rows };
  } finally {
    await target.close();
  }
}

type Search = Parameters<typeof findRowsById>[1];

/** What rows are looked for with; what the flags do not say is the run's. */
function searchOf(
  { sources, table, columns }: TraceOptions,
  run: RunFile | undefined,
): Search | undefined {
  const paths = sources ?? run?.source.paths.filter((path) => existsSync(path)) ?? [];
  if (sources === undefined && paths.length === 0) return undefined;
  const itsTable = table ?? run?.source.table ?? undefined;
  const itsColumns = columns ?? run?.source.columns;
  return {
    paths,
    ...(itsTable === undefined ? {} : { table: itsTable }),
    ...(itsColumns === undefined ? {} : { columns: itsColumns }),
  };
}

class Tracer {
  readonly #target: Target;
  readonly #search: Search | undefined;
  readonly #runDir: string | undefined;
  readonly #coerceText: boolean;

  constructor(
    target: Target,
    search: Search | undefined,
    { runDir, coerceText }: TraceOptions,
    run: RunFile | undefined,
  ) {
    this.#target = target;
    this.#search = search;
    this.#runDir = runDir;
    this.#coerceText = coerceText ?? run?.coerceText ?? false;
  }

  async byId(id: string): Promise<RowTrace[]> {
    const found = this.#search === undefined ? [] : findRowsById(id, this.#search);
    const traces: RowTrace[] = [];
    for (const source of found) {
      const cell = this.#cellOf(source);
      const copies = cell.kind === "cell" ? await this.#copiesOf(cell) : null;
      const letters = this.#runDir === undefined ? null : lettersOfFound(this.#runDir, source);
      traces.push({ source, cell, copies, letters });
    }
    return traces;
  }

  async byCell(cell: Extract<TracedCell, { kind: "cell" }>): Promise<RowTrace> {
    requireCode(cell.code, cell.level);
    const copies = await this.#copiesOf(cell);
    const source = this.#sourceOf(cell, copies);
    const frame = this.#target.frame;
    const letters =
      this.#runDir === undefined
        ? null
        : await lettersOfCell(this.#runDir, cell, { frame, coerceText: this.#coerceText });
    return { source, cell, copies, letters };
  }

  #cellOf({ position }: FoundRow): TracedCell {
    const point = pointOf(position, this.#coerceText);
    if (point === undefined) {
      return { kind: "none", why: "its coordinates or its level are none that a load takes" };
    }
    const { x, y, z, level } = point;
    try {
      return { kind: "cell", code: encodePoint(x, y, z, level, this.#target.frame), level };
    } catch (error) {
      if (error instanceof OctoloadError) return { kind: "none", why: error.fault };
      throw error;
    }
  }

  async #copiesOf({ code, level }: { code: bigint; level: number }): Promise<CellCopies | null> {
    if (this.#target.layout === "node" && level > MAX_CODE_LEVEL) return null;
    return this.#target.getCopies(code, level);
  }

  /** By the Id that a copy holds, as no source knows cells; of several rows the one of this cell. */
  #sourceOf(
    cell: { readonly code: bigint; readonly level: number },
    copies: CellCopies | null,
  ): FoundRow | null {
    if (this.#search === undefined) return null;
    const ids = (copies?.copies ?? []).flatMap(({ answer }) =>
      answer.kind === "row" ? [answer.row.values.id] : [],
    );
    const id = ids.find((value) => typeof value === "bigint" || typeof value === "string");
    if (id === undefined) return null;
    const rows = findRowsById(String(id), this.#search);
    const isOfCell = (row: FoundRow) => {
      const its = this.#cellOf(row);
      return its.kind === "cell" && its.code === cell.code && its.level === cell.level;
    };
    return rows.find(isOfCell) ?? null;
  }
}

async function readRun(runDir: string): Promise<RunFile> {
  const run = await readRunFile(runDir);
  if (run !== undefined) return run;
  throw new OctoloadError("RUN_NOT_FOUND", `${runDir} is not the folder of a run`);
}

function needsSource(): OctoloadError {
  return new OctoloadError("USAGE", "a target has no index by Id, only by cell", {
    remedy:
      "Name the source too, which tells the row's position: --source FILE, or --run-dir DIR of a run whose source is still there; or name the cell: --key CODE --level L.",
  });
}
