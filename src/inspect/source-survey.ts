import type { FrameSpec } from "../encoding/frame.js";
import { sourceColumns } from "../encoding/source-columns.js";
import type { ScannedBatch } from "../load/scan.js";
import { SourceBlock } from "../load/source-block.js";
import type { SourceFile } from "../source/source-options.js";
import { ClassCounter, type ClassCounts } from "./class-counts.js";
import { FrameFitter } from "./frame-fit.js";
import { RejectionCounter } from "./rejections.js";
import { LengthCounter } from "./value-lengths.js";

const columnOf = (name: (typeof sourceColumns)[number]) => sourceColumns.indexOf(name);

/** What is learnt from each batch of a source while it is read. */
export class SourceSurvey {
  readonly rejections = new RejectionCounter();
  readonly fitter: FrameFitter;
  readonly metadata = new LengthCounter();
  /** Of each file: of the columns with a meaning, then of the unmapped ones. */
  readonly #classes: readonly (readonly ClassCounter[])[];

  constructor(frame: FrameSpec, files: readonly SourceFile[]) {
    this.fitter = new FrameFitter(frame);
    this.#classes = files.map(({ extras }) =>
      Array.from({ length: sourceColumns.length + extras.length }, () => new ClassCounter()),
    );
  }

  add(batch: ScannedBatch): void {
    const { file, rowids } = batch;
    const block = new SourceBlock(batch.block);
    for (const [i, counter] of (this.#classes[file] ?? []).entries()) {
      const extra = i - sourceColumns.length;
      counter.add(extra < 0 ? block.column(i) : block.extra(extra));
    }
    this.metadata.add(block.column(columnOf("metadata")), file, rowids);
    this.fitter.add(
      block.column(columnOf("x")),
      block.column(columnOf("y")),
      block.column(columnOf("z")),
    );
    this.rejections.add(batch);
  }

  /** Of a file's columns by their names, in no order. */
  classesOf(file: number, { columnNames, extras }: SourceFile): ReadonlyMap<string, ClassCounts> {
    const counters = this.#classes[file] ?? [];
    const found = new Map<string, ClassCounts>();
    for (const [i, { counts }] of counters.entries()) {
      const key = sourceColumns[i];
      const name = key === undefined ? extras[i - sourceColumns.length]?.name : columnNames[key];
      if (name !== null && name !== undefined) found.set(name, counts);
    }
    return found;
  }
}
