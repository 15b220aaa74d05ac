import { tileCellOf } from "../../encoding/cell.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { StoredCell } from "../../target/row-reader.js";
import type { CellKey } from "../../target/stored-rows.js";
import { forEachAtOnce } from "../checks/at-once.js";
import { type CheckContext, READS_AT_ONCE, readCell } from "../checks/check-context.js";
import type { CheckDraft } from "../checks/check-draft.js";
import { plainFinding } from "../checks/plain-finding.js";
import { COORDINATE_TOLERANCE_M, distanceOutside } from "../checks/sample-row.js";
import { keyText, type Suspects } from "../checks/suspects.js";
import { cellName } from "../findings-file.js";
import { openEnvelope } from "../row-differences.js";
import type { WantedCells } from "./wanted-cells.js";

/** A cell of the target and which of its eight children the target has. */
interface Family {
  readonly key: CellKey;
  readonly children: readonly CellKey[];
  /** Bit i: child i is there. */
  readonly present: number;
  /** 0 to 255; -1: what is there is no mask; undefined: the target does not have the cell. */
  readonly mask: number | undefined;
}

/**
 * Whether masks agree with the children that the target has, and children lie inside their parents.
 * A mask may say more than the target holds, where a load rejected a child; so what disagrees is
 * looked up in the source before it is called wrong.
 */
export class ChildrenCheck {
  readonly #context: CheckContext;
  readonly #draft: CheckDraft;
  readonly #doubtful: Family[] = [];
  #children = 0;

  constructor(context: CheckContext, draft: CheckDraft) {
    this.#context = context;
    this.#draft = draft;
  }

  /** Reads cells, the parents of sampled rows and the rows themselves, with their children. */
  async read(sampled: readonly CellKey[]): Promise<void> {
    const cells = new Map<string, CellKey>();
    for (const key of sampled.flatMap((one) => [one, ...parentOf(one)])) {
      cells.set(keyText(key), key);
    }
    await forEachAtOnce(cells.values(), READS_AT_ONCE / 8, async (key) => {
      const family = await this.#familyOf(key);
      if (family !== undefined && family.mask !== family.present) this.#doubtful.push(family);
      this.#draft.checked += 1;
    });
    this.#draft.figures = {
      ...this.#draft.figures,
      parents: this.#draft.checked,
      children: this.#children,
    };
  }

  /** What the pass over the source is to look for. */
  want(wanted: WantedCells): void {
    for (const { key, children } of this.#doubtful) {
      for (const cell of [key, ...children]) wanted.add(cell);
    }
  }

  /** After the pass. */
  judge(wanted: WantedCells, suspects: Suspects): void {
    for (const { key, children, present, mask } of this.#doubtful) {
      this.#judge(key, mask !== undefined, wanted, suspects);
      for (const [octant, child] of children.entries()) {
        this.#judge(child, ((present >> octant) & 1) === 1, wanted, suspects);
      }
    }
  }

  /** A cell of both is compared again with all its columns, its mask among them. */
  #judge(key: CellKey, isThere: boolean, wanted: WantedCells, suspects: Suspects): void {
    const rows = wanted.rowsOf(key);
    for (const row of rows) suspects.addRow("spatial", row);
    if (isThere && rows.length === 0) this.#addExtra(key, suspects);
  }

  #addExtra(key: CellKey, suspects: Suspects): void {
    if (!this.#context.others.hold(key)) suspects.addExtra("spatial", key);
  }

  async #familyOf(key: CellKey): Promise<Family | undefined> {
    const { rows } = this.#context;
    const own = await readCell(this.#context, this.#draft, key);
    if (own.kind === "unread") return undefined;
    const mask = own.kind === "there" ? maskOf(own.cell) : undefined;
    // Children below the target's deepest level are nothing that it could have.
    if (key.level >= rows.maxLevel) {
      return { key, children: [], present: 0, mask: mask === undefined ? mask : 0 };
    }
    const children = childrenOf(key);
    let present = 0;
    let isUnread = false;
    await forEachAtOnce(children.entries(), 8, async ([octant, child]) => {
      const read = await readCell(this.#context, this.#draft, child);
      if (read.kind === "unread") isUnread = true;
      if (read.kind !== "there") return;
      present |= 1 << octant;
      this.#children += 1;
      this.#lookInside(key, child, read.cell);
    });
    return isUnread ? undefined : { key, children, present, mask };
  }

  /** A child's point in its parent's cell, and not by its code alone. */
  #lookInside(parent: CellKey, child: CellKey, { envelope, materialId }: StoredCell): void {
    const { target, findings } = this.#context;
    if (envelope === null) return;
    const row = openEnvelope(child, envelope, materialId, target.frame);
    if (row instanceof OctoloadError) return;
    const apart = distanceOutside(row.point, parent, target.frame);
    if (apart <= COORDINATE_TOLERANCE_M) return;
    const note = `its point lies ${apart} m outside its parent's cell`;
    const finding = { ...plainFinding("different", child, note), columns: [envelopeColumn] };
    this.#draft.found("different");
    if (!findings.hasFinding(finding)) findings.addFinding(null, finding);
  }
}

const envelopeColumn = "compressed_data" as const;

function maskOf({ childrenMask }: StoredCell): number {
  if (childrenMask === null || childrenMask < -128 || childrenMask > 127) return -1;
  return childrenMask & 0xff;
}

function parentOf(key: CellKey): CellKey[] {
  const { level, code } = cellName(key);
  return level === 0 ? [] : [{ level: level - 1, ...tileCellOf(BigInt(code) >> 3n) }];
}

function childrenOf(key: CellKey): CellKey[] {
  const { level, code } = cellName(key);
  const first = BigInt(code) << 3n;
  return Array.from({ length: 8 }, (_, i) => ({
    level: level + 1,
    ...tileCellOf(first | BigInt(i)),
  }));
}
