import { tileCellOf } from "../../encoding/cell.js";
import type { Box } from "../../encoding/cover.js";
import { axes, type Frame, type Triple } from "../../encoding/frame.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { RowAddress } from "../../source/source-options.js";
import type { CellKey } from "../../target/stored-rows.js";
import { type CheckContext, isOfTarget } from "../checks/check-context.js";
import type { CheckDraft } from "../checks/check-draft.js";
import { plainFinding } from "../checks/plain-finding.js";
import type { SourceRow } from "../checks/source-rows.js";
import type { Suspects } from "../checks/suspects.js";
import { interrupted } from "../source-side.js";
import { cellText, indexOn } from "./cell-indices.js";

/** Half of a box's edges, in cells of its row's level, in turn. */
const HALF_CELLS = [0.6, 1.3, 2.1, 3.4];
/** Rows of a box that the source has; a box around so many is left out. */
const MAX_ROWS = 20_000;

/** Lowest and highest index on each axis, of one level. */
interface IndexSpan {
  readonly low: Triple;
  readonly high: Triple;
}

interface BoxCase {
  readonly box: Box;
  /** By level from 0. */
  readonly spans: readonly IndexSpan[];
  /** "level code" of the target's answer. */
  answer: Set<string>;
  /** The source's rows, by "level code"; several where they collide. */
  readonly expected: Map<string, RowAddress[]>;
  isUnread: boolean;
}

/** Whether box queries of the target give what going through the source row by row gives. */
export class BoxCheck {
  readonly #context: CheckContext;
  readonly #draft: CheckDraft;
  readonly #cases: BoxCase[] = [];
  /** Rows that boxes should have given, to be asked for again. */
  #doubts: readonly { readonly of: BoxCase; readonly key: string }[] = [];

  constructor(context: CheckContext, draft: CheckDraft) {
    this.#context = context;
    this.#draft = draft;
  }

  /** Asks for boxes around rows of the source, so that none is empty. */
  async read(rows: readonly SourceRow[]): Promise<void> {
    const { frame } = this.#context.target;
    for (const [i, { point }] of rows.entries()) {
      if (point === undefined) continue;
      const half = HALF_CELLS[i % HALF_CELLS.length] ?? 1;
      const box = boxAround([point.x, point.y, point.z], point.level, half, frame);
      const levels = Array.from({ length: point.level + 1 }, (_, level) => level);
      const of: BoxCase = {
        box,
        spans: levels.map((level) => spanOf(box, level, frame)),
        answer: new Set(),
        expected: new Map(),
        isUnread: false,
      };
      await this.#ask(of);
      if (!of.isUnread) this.#cases.push(of);
    }
  }

  /** A row of the source. */
  see(row: RowAddress, level: number, ix: number, iy: number, iz: number): void {
    for (const { spans, expected } of this.#cases) {
      const span = spans[level];
      if (span === undefined || !holds(span, ix, iy, iz)) continue;
      if (expected.size > MAX_ROWS) continue;
      const key = cellText({ level, ix, iy, iz });
      const rows = expected.get(key);
      if (rows === undefined) expected.set(key, [row]);
      else rows.push(row);
    }
  }

  /** After the pass over the source. */
  judge(suspects: Suspects): void {
    const cases = this.#cases.filter(({ expected }) => expected.size <= MAX_ROWS);
    const rowsInBoxes = cases.reduce((sum, { answer }) => sum + answer.size, 0);
    this.#draft.figures = { ...this.#draft.figures, boxes: cases.length, rowsInBoxes };
    this.#doubts = cases.flatMap((of) => {
      const missing = [...of.expected].filter(([key]) => !of.answer.has(key));
      for (const row of missing.flatMap(([, rows]) => rows)) suspects.addRow("spatial", row);
      return missing.map(([key]) => ({ of, key }));
    });
    for (const { answer, expected } of cases) {
      const extras = [...answer].filter((key) => !expected.has(key)).map(keyOf);
      for (const key of extras) {
        if (!this.#context.others.hold(key)) suspects.addExtra("spatial", key);
      }
    }
  }

  /** Rows that are in order and that a box still does not give. */
  async finish(settled: {
    readonly loadable: ReadonlySet<string>;
    readonly found: ReadonlySet<string>;
  }): Promise<void> {
    const { findings } = this.#context;
    const left = this.#doubts.filter(
      ({ key }) => settled.loadable.has(key) && !settled.found.has(key),
    );
    for (const of of new Set(left.map((doubt) => doubt.of))) await this.#ask(of);
    for (const { of, key } of left) {
      if (of.isUnread || of.answer.has(key)) continue;
      const { min, max } = of.box;
      const note = `the target has it, and its answer for the box ${min.join(",")} to ${max.join(",")} does not`;
      const finding = plainFinding("missing", keyOf(key), note);
      this.#draft.found("missing");
      if (!findings.hasFinding(finding)) findings.addFinding(null, finding);
    }
  }

  async #ask(of: BoxCase): Promise<void> {
    const { target, signal } = this.#context;
    if (signal.aborted) throw interrupted();
    const answer = new Set<string>();
    try {
      const levels = [0, of.spans.length - 1] as const;
      for await (const { level, mortonCode } of target.getBox(of.box, { levels })) {
        answer.add(`${level} ${mortonCode}`);
        // No more than MAX_ROWS of the source are remembered either.
        if (answer.size > 2 * MAX_ROWS) break;
      }
      of.answer = answer;
      of.isUnread = false;
    } catch (error) {
      if (!(error instanceof OctoloadError) || !(isOfTarget(error) || isOfBox(error))) throw error;
      of.isUnread = true;
      const { min, max } = of.box;
      this.#draft.addUnread(`the box ${min.join(",")} to ${max.join(",")}`, error);
    }
  }
}

function isOfBox({ code }: OctoloadError): boolean {
  return /^(ENVELOPE|ROW|BOX)_/.test(code);
}

function keyOf(text: string): CellKey {
  const [level = "", code = ""] = text.split(" ");
  return { level: Number(level), ...tileCellOf(BigInt(code)) };
}

function boxAround(point: Triple, level: number, half: number, frame: Frame): Box {
  const corner = (sign: 1 | -1): Triple => {
    const [x, y, z] = axes.map((axis) => {
      const edge = frame.size[axis] / 2 ** level;
      const [low, high] = [frame.min[axis], frame.min[axis] + frame.size[axis]];
      return Math.min(high, Math.max(low, point[axis] + sign * half * edge));
    });
    return [x ?? 0, y ?? 0, z ?? 0];
  };
  return { min: corner(-1), max: corner(1) };
}

function spanOf({ min, max }: Box, level: number, frame: Frame): IndexSpan {
  const indices = (corner: Triple): Triple => [
    indexOn(0, corner[0], level, frame),
    indexOn(1, corner[1], level, frame),
    indexOn(2, corner[2], level, frame),
  ];
  return { low: indices(min), high: indices(max) };
}

function holds({ low, high }: IndexSpan, ix: number, iy: number, iz: number): boolean {
  return (
    ix >= low[0] && ix <= high[0] && iy >= low[1] && iy <= high[1] && iz >= low[2] && iz <= high[2]
  );
}
