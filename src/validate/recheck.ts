import { setTimeout as sleep } from "node:timers/promises";
import { OctoloadError } from "../errors/octoload-error.js";
import type { RowReader, StoredCell, StoredColumn } from "../target/row-reader.js";
import { type Candidate, cellName, type FindingsFile } from "./findings-file.js";
import { holdsValues, type PresentRow, type PresentSource } from "./present-source.js";
import type { RefusedRows } from "./refused-rows.js";
import type { Finding, FindingClass, UncheckedRange } from "./result.js";
import {
  differencesOf,
  type EnvelopeFacts,
  openEnvelope,
  type RowDifferences,
} from "./row-differences.js";
import { interrupted, type SourceSide } from "./source-side.js";

const AT_ONCE = 32;
const PAGE = 1024;
/** Looks at a row that services may be writing. */
const LOOKS = 3;
/** A live write this young may have another one behind it. */
const YOUNG_US = 10_000_000n;

const derivedColumns: ReadonlySet<StoredColumn> = new Set(["homogeneity", "children_mask"]);

export interface RecheckOptions {
  readonly rows: RowReader;
  readonly source: SourceSide;
  /** undefined: nobody writes to source or target. */
  readonly present: PresentSource | undefined;
  readonly refused: RefusedRows;
  readonly findings: FindingsFile;
  readonly facts: EnvelopeFacts;
  readonly coerceText: boolean;
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

export interface RecheckCounts {
  /** As they should be when they were looked at again. */
  settled: number;
  /** Missing because the target refused them: they have dead letters. */
  refused: number;
  readonly unchecked: readonly UncheckedRange[];
}

/** What one look at a candidate came to. */
type Verdict =
  | { readonly kind: "settled" }
  | { readonly kind: "refused" }
  | { readonly kind: "found"; readonly finding: Finding };

const settled: Verdict = { kind: "settled" };

/** Looks at each row that differed again, on both sides, before it is called anything. */
export class Recheck {
  readonly #options: RecheckOptions;
  readonly #unchecked: UncheckedRange[] = [];
  readonly #counts = { settled: 0, refused: 0 };
  #done = 0;

  constructor(options: RecheckOptions) {
    this.#options = options;
  }

  /** @throws OctoloadError SOURCE_*, RUN_*, VALIDATION_INTERRUPTED */
  async run(): Promise<RecheckCounts> {
    const { findings, settleMs } = this.#options;
    if (findings.countCandidates() > 0) await this.#wait(settleMs);
    let last = 0;
    for (;;) {
      const ids = findings.candidatesAfter(last, PAGE);
      last = ids.at(-1) ?? last;
      if (ids.length === 0) return { ...this.#counts, unchecked: this.#unchecked };
      await this.ofCandidates(ids);
    }
  }

  async ofCandidates(ids: readonly number[]): Promise<void> {
    const left = [...ids];
    const lane = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        if (this.#options.signal.aborted) throw interrupted();
        await this.#settle(this.#options.findings.candidate(id));
        this.#done += 1;
        this.#options.onProgress(this.#done);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  async #settle(candidate: Candidate): Promise<void> {
    const { findings } = this.#options;
    let verdict: Verdict;
    try {
      verdict = await this.#judge(candidate);
    } catch (error) {
      if (!isOfTarget(error)) throw error;
      const { level, code } = cellName(candidate.key);
      const range = `code ${code} of level ${level}`;
      this.#unchecked.push({ range, code: error.code, message: error.message });
      return;
    }
    if (verdict.kind === "found") findings.addFinding(candidate.id, verdict.finding);
    else this.#counts[verdict.kind] += 1;
  }

  /** Once where nobody writes; else as long as the row changes from one look to the next. */
  async #judge(candidate: Candidate): Promise<Verdict> {
    const { rows, settleMs } = this.#options;
    let cell = await rows.cell(candidate.key);
    let verdict = await this.#look(candidate, cell);
    for (let look = 1; look < LOOKS; look += 1) {
      if (verdict.kind !== "found" || rows.live === null || !isYoung(cell)) return verdict;
      await this.#wait(settleMs);
      const before = cell;
      cell = await rows.cell(candidate.key);
      verdict = await this.#look(candidate, cell);
      if (areTimesEqual(before, cell)) return verdict;
    }
    if (verdict.kind !== "found" || !isYoung(cell)) return verdict;
    return { kind: "found", finding: { ...verdict.finding, class: "in-flight" } };
  }

  async #look(candidate: Candidate, cell: StoredCell | undefined): Promise<Verdict> {
    const { expected } = candidate;
    if (expected === undefined) return this.#lookAtExtra(candidate, cell);
    const { present } = this.#options;
    const now = await present?.row(expected.file, expected.rowid);
    if (cell === undefined) return this.#lookAtMissing(candidate, now);
    const differences = differencesOf(candidate.key, expected, cell, this.#options.facts);
    if (differences.columns.length === 0) return settled;
    if (now?.kind === "changed") return this.#lookAtChanged(candidate, cell, differences, now);
    const note = now?.kind === "gone" ? "the source has no such row any more" : null;
    return this.#different(candidate, cell, differences, note);
  }

  async #lookAtExtra(candidate: Candidate, cell: StoredCell | undefined): Promise<Verdict> {
    if (cell === undefined) return settled;
    const { present, facts, coerceText } = this.#options;
    const isLive = this.#isLive(newestTime(cell));
    if (isLive && cell.envelope !== null) {
      const row = openEnvelope(candidate.key, cell.envelope, cell.materialId, facts.frame);
      const isThere =
        !(row instanceof OctoloadError) &&
        (await present?.hasRow(candidate.key, row, facts.frame, coerceText)) === true;
      if (isThere) return settled;
    }
    const className = isLive ? "live-newer" : "extra";
    const note = isLive ? "the source has no such row" : null;
    return this.#found(candidate, className, { note, time: newestTime(cell), isLive });
  }

  #lookAtMissing(candidate: Candidate, now: PresentRow | undefined): Verdict {
    const { refused, source } = this.#options;
    const { expected } = candidate;
    if (now?.kind === "gone" || expected === undefined) return settled;
    const path = source.source.files[expected.file]?.path ?? "";
    if (refused.codeOf(path, expected.rowid) !== undefined) return { kind: "refused" };
    return this.#found(candidate, "missing", { note: null, time: null, isLive: false });
  }

  /** The source's row was written to since it was read. */
  #lookAtChanged(
    candidate: Candidate,
    cell: StoredCell,
    differences: RowDifferences,
    now: Extract<PresentRow, { kind: "changed" }>,
  ): Verdict {
    const { facts, source } = this.#options;
    const file = source.source.files[candidate.expected?.file ?? 0];
    const row =
      cell.envelope === null
        ? undefined
        : openEnvelope(candidate.key, cell.envelope, cell.materialId, facts.frame);
    const isPresent =
      file !== undefined &&
      row !== undefined &&
      !(row instanceof OctoloadError) &&
      holdsValues(file, row, now.values);
    const note = "the source's row has changed since it was read";
    if (!isPresent) return this.#different(candidate, cell, differences, note);
    const stale = differences.columns.filter((column) => derivedColumns.has(column));
    if (stale.length === 0) return settled;
    return this.#different(candidate, cell, { ...differences, columns: stale }, note);
  }

  #different(
    candidate: Candidate,
    cell: StoredCell,
    differences: RowDifferences,
    note: string | null,
  ): Verdict {
    const { columns } = differences;
    const times = columns.flatMap((column) => cell.writeTimesUs[column] ?? []);
    const time = latest(times);
    const isDerived = columns.every((column) => derivedColumns.has(column));
    const { live } = this.#options.rows;
    let className: FindingClass = "different";
    if (live !== null && isDerived) className = "derived-stale";
    else if (this.#isLive(time)) className = "live-newer";
    const owner = this.#ownerOf(candidate, cell, differences);
    const notes = [owner?.note, differences.fault?.code, note].filter(Boolean);
    return this.#found(candidate, className, {
      ...{ columns, sourceColumns: differences.sourceColumns, time },
      isLive: this.#isLive(newestTime(cell)),
      envelope: owner === undefined ? differences.envelope : "swapped",
      note: notes.length === 0 ? null : notes.join("; "),
    });
  }

  /** Of an envelope that cannot be opened here: the cell whose it is. */
  #ownerOf(
    { id }: Candidate,
    { envelope }: StoredCell,
    differences: RowDifferences,
  ): { readonly note: string } | undefined {
    if (differences.envelope !== "damaged" || envelope === null) return undefined;
    const owner = this.#options.findings.ownerOf(envelope, id);
    if (owner === undefined) return undefined;
    const { level, code } = cellName(owner);
    return { note: `the envelope is that of code ${code} of level ${level}` };
  }

  #found(
    { key, expected }: Candidate,
    className: FindingClass,
    facts: Pick<Finding, "note" | "isLive"> & { readonly time: bigint | null } & Partial<
        Pick<Finding, "columns" | "sourceColumns" | "envelope">
      >,
  ): Verdict {
    const file = this.#options.source.source.files[expected?.file ?? 0]?.path ?? "";
    const finding: Finding = {
      class: className,
      ...cellName(key),
      columns: facts.columns ?? [],
      sourceColumns: facts.sourceColumns ?? [],
      envelope: facts.envelope ?? null,
      note: facts.note,
      source: expected === undefined ? null : { file, rowid: String(expected.rowid) },
      writeTimeUs: facts.time === null ? null : String(facts.time),
      isLive: facts.isLive,
    };
    return { kind: "found", finding };
  }

  #isLive(timeUs: bigint | null): boolean {
    const { live } = this.#options.rows;
    return live !== null && timeUs !== null && timeUs >= live.t0Us;
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw interrupted();
  }
}

function isOfTarget(error: unknown): error is OctoloadError {
  return error instanceof OctoloadError && /^(CASSANDRA|TARGET)_/.test(error.code);
}

function latest(times: readonly bigint[]): bigint | null {
  return times.reduce<bigint | null>(
    (max, time) => (max === null || time > max ? time : max),
    null,
  );
}

function newestTime({ writeTimesUs }: StoredCell): bigint | null {
  return latest(Object.values(writeTimesUs).filter((time) => time !== null));
}

function isYoung(cell: StoredCell | undefined): boolean {
  const time = cell === undefined ? null : newestTime(cell);
  return time !== null && BigInt(Date.now()) * 1000n - time < YOUNG_US;
}

function areTimesEqual(one: StoredCell | undefined, other: StoredCell | undefined): boolean {
  const times = (cell: StoredCell | undefined) => Object.values(cell?.writeTimesUs ?? {}).join();
  return times(one) === times(other);
}
