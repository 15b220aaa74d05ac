import { join } from "node:path";
import { emptySelection, type RowSelection } from "../../load/row-selection.js";
import type { RowAddress } from "../../source/source-options.js";
import type { CellKey } from "../../target/stored-rows.js";
import { type ExpectedRow, FindingsFile } from "../findings-file.js";
import { PresentSource } from "../present-source.js";
import { Recheck } from "../recheck.js";
import { RefusedRows } from "../refused-rows.js";
import type { Finding } from "../result.js";
import { differencesOf } from "../row-differences.js";
import { SourceSide } from "../source-side.js";
import { forEachAtOnce } from "./at-once.js";
import { type CheckContext, READS_AT_ONCE, readCell } from "./check-context.js";
import { CheckBrokenOff, type CheckDraft } from "./check-draft.js";
import type { CheckName } from "./check-names.js";
import { type DeliveredBatch, deliveredRows } from "./delivered-rows.js";
import { plainFinding } from "./plain-finding.js";
import { faultOfSampleRow, type SampleFigures } from "./sample-row.js";
import { type SourceRow, sourceRows } from "./source-rows.js";
import { addressText, keyText, type Suspects } from "./suspects.js";

const DEFAULT_SETTLE_MS = 1000;
export const DEFAULT_SAMPLE_ROWS = 1000;

/** By the checks that asked. */
export type Drafts = ReadonlyMap<CheckName, CheckDraft>;

/**
 * Settles what the checks have doubts about, and compares the sample: the source's keys are read and
 * derived as a load does, but only the rows in question are encoded and sorted. They are compared with
 * the target; what differs is looked at again on both sides and added to the validation's findings.
 */
export class Settlement {
  readonly #context: CheckContext;
  readonly #suspects: Suspects;
  readonly #drafts: Drafts;
  readonly #folder: string;
  /** By "level code": who asked about the cell. */
  readonly #checksOf = new Map<string, ReadonlySet<CheckName>>();
  /** "level code" of the rows that a load would write. */
  readonly loadable = new Set<string>();
  /** "level code" of what was found to be wrong. */
  readonly found = new Set<string>();
  readonly #figures: SampleFigures = { farthestOutsideCellM: 0, farthestFromSourceM: 0 };
  readonly #faults: Finding[] = [];

  constructor(context: CheckContext, suspects: Suspects, drafts: Drafts) {
    this.#context = context;
    this.#suspects = suspects;
    this.#drafts = drafts;
    this.#folder = join(context.plan.folder, "checks");
  }

  /** @throws OctoloadError SOURCE_*, RUN_*, VALIDATION_INTERRUPTED */
  async run(): Promise<void> {
    await this.#addSample();
    if (this.#suspects.isEmpty) return;
    const side = await this.#readSource();
    const findings = new FindingsFile(this.#folder);
    try {
      await this.#compare(side, findings);
      this.#addExtras(findings);
      await this.#recheck(side, findings);
      this.#collect(findings);
      this.#tellSample(side);
    } finally {
      findings.close();
      await side.close();
    }
  }

  async #addSample(): Promise<void> {
    const { source, options, plan } = this.#context;
    if (!this.#drafts.has("sample")) return;
    const rows = await source.sample(options.sample ?? DEFAULT_SAMPLE_ROWS, plan.seed);
    for (const row of rows) this.#suspects.addRow("sample", row);
  }

  #readSource(): Promise<SourceSide> {
    const { plan, source, target, rows, meter, signal } = this.#context;
    const copies = source.files.flatMap(({ snapshotPath }) => snapshotPath ?? []);
    const { snapshotDir: _, ...inPlace } = plan.source;
    const ofCopies = { paths: source.files.map(({ path }) => path), snapshots: copies };
    meter.enter("scan", null);
    return SourceSide.read(
      {
        ...{ folder: this.#folder, validationId: plan.validationId, settings: plan.settings },
        source: copies.length === 0 ? inPlace : { ...inPlace, ...ofCopies },
        selection: selectionOf([...this.#suspects.rows.values()]),
        signal,
        onProgress: (phase, count, total) => {
          meter.enter(phase, total);
          meter.rows(count);
        },
      },
      target,
      { order: rows.order, readersAtOnce: 1 },
    );
  }

  async #compare(side: SourceSide, findings: FindingsFile): Promise<void> {
    const { meter, rows } = this.#context;
    meter.enter("sample", this.#suspects.rows.size);
    let done = 0;
    for await (const batch of deliveredRows(side, rows.order)) {
      const sampled = await this.#sampledRows(batch);
      const differing: number[] = [];
      await forEachAtOnce(batch.keys.entries(), READS_AT_ONCE, async ([i, key]) => {
        if (key.level > rows.maxLevel) return;
        if (await this.#differs(batch, i, key, sampled)) differing.push(i);
      });
      findings.addRows(0, batch.batch, differing);
      done += batch.keys.length;
      meter.rows(done);
    }
  }

  async #differs(
    batch: DeliveredBatch,
    i: number,
    key: CellKey,
    sampled: ReadonlyMap<string, SourceRow>,
  ): Promise<boolean> {
    const expected = batch.expected(i);
    const suspect = this.#suspects.rows.get(addressText(expected));
    const name = keyText(key);
    this.#checksOf.set(name, suspect?.checks ?? new Set());
    this.loadable.add(name);
    const [first] = suspect?.checks ?? [];
    const draft = this.#drafts.get(suspect?.checks.has("sample") ? "sample" : (first ?? "sample"));
    if (draft === undefined || draft.isBrokenOff) return false;
    try {
      const read = await readCell(this.#context, draft, key);
      if (read.kind === "unread") return false;
      const row = sampled.get(addressText(expected));
      if (row !== undefined) draft.checked += 1;
      if (read.kind === "absent") return true;
      const { columns } = differencesOf(key, expected, read.cell, this.#context.target.meta);
      if (columns.length > 0) return true;
      if (row !== undefined) this.#lookAtSample(row, { key, cell: read.cell }, expected);
      return false;
    } catch (error) {
      if (!(error instanceof CheckBrokenOff)) throw error;
      draft.breakOff(error);
      return false;
    }
  }

  /** The sampled rows of a batch as SQL gives them. */
  async #sampledRows({ addresses }: DeliveredBatch): Promise<ReadonlyMap<string, SourceRow>> {
    const { source, plan, target } = this.#context;
    const wanted = addresses.filter((address) =>
      this.#suspects.rows.get(addressText(address))?.checks.has("sample"),
    );
    const { frame } = target;
    const { coerceText } = plan.settings;
    const rows = new Map<string, SourceRow>();
    for await (const some of sourceRows(source, wanted, { frame, coerceText })) {
      for (const row of some) rows.set(addressText(row), row);
    }
    return rows;
  }

  #lookAtSample(
    row: SourceRow,
    stored: Parameters<typeof faultOfSampleRow>[2],
    { file, rowid }: ExpectedRow,
  ): void {
    const note = faultOfSampleRow(this.#context, row, stored, this.#figures);
    if (note === undefined) return;
    const path = this.#context.source.files[file]?.path ?? "";
    this.#faults.push({
      ...plainFinding("different", stored.key, note),
      columns: ["compressed_data"],
      source: { file: path, rowid: String(rowid) },
    });
  }

  #addExtras(findings: FindingsFile): void {
    const { extras } = this.#suspects;
    for (const [name, { checks }] of extras) this.#checksOf.set(name, checks);
    findings.addExtras(
      1,
      [...extras.values()].map(({ key }) => key),
    );
    findings.finishCandidates();
  }

  async #recheck(side: SourceSide, findings: FindingsFile): Promise<void> {
    const { plan, options, rows, target, meter, signal } = this.#context;
    meter.enter("recheck", findings.countCandidates());
    const isWritten = rows.live !== null || plan.source.snapshotDir !== undefined;
    const present = isWritten ? new PresentSource(side.source, plan.source) : undefined;
    const refused = new RefusedRows(plan.runs);
    try {
      const { unchecked } = await new Recheck({
        ...{ rows, source: side, present, refused, findings, signal },
        facts: target.meta,
        coerceText: plan.settings.coerceText,
        settleMs: options.settleMs ?? DEFAULT_SETTLE_MS,
        onProgress: (count) => meter.rows(count),
      }).run();
      if (unchecked.length === 0) return;
      const [first] = this.#drafts.values();
      first?.unread.push(...unchecked);
      for (const draft of this.#drafts.values()) draft.isUnfinished = true;
    } finally {
      refused.close();
      await present?.close();
    }
  }

  /** Adds what was found to the validation's own findings, and to the checks that asked. */
  #collect(findings: FindingsFile): void {
    const all = [...findings.findings(Number.MAX_SAFE_INTEGER), ...this.#faults];
    for (const finding of all) {
      const name = `${finding.level} ${finding.code}`;
      this.found.add(name);
      for (const check of this.#checksOf.get(name) ?? []) {
        this.#drafts.get(check)?.found(finding.class);
      }
      const { findings: ours } = this.#context;
      if (!ours.hasFinding(finding)) ours.addFinding(null, finding);
    }
  }

  #tellSample({ rejected }: SourceSide): void {
    const draft = this.#drafts.get("sample");
    if (draft === undefined) return;
    const { farthestOutsideCellM, farthestFromSourceM } = this.#figures;
    draft.figures = { ...draft.figures, farthestOutsideCellM, farthestFromSourceM };
    for (const [code, rows] of Object.entries(rejected)) {
      draft.notes.push(`${rows} rows in question are rejected, ${code}: no load takes them`);
    }
    if (draft.checked === 0 && this.#suspects.rows.size > 0) draft.isUnfinished = true;
  }
}

function selectionOf(rows: readonly RowAddress[]): RowSelection {
  return {
    ...emptySelection(),
    files: Uint32Array.from(rows, ({ file }) => file),
    rowids: BigInt64Array.from(rows, ({ rowid }) => rowid),
  };
}
