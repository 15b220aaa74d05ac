import type { CellCopy, CopyAnswer } from "../target/target.js";
import type { TracedLetter } from "../trace/dead-letters.js";
import type { RowTrace, TraceResult } from "../trace/trace.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import { alignColumns, errorReport } from "./output.js";
import { plainText } from "./progress-text.js";
import { isoTime, jsonOf, rowReport, shown } from "./row-output.js";

/** Of a digest, enough to tell copies apart. */
const SHOWN_DIGEST = 12;

type Meta = Pick<TraceResult, "meta">;

/** 0 all copies are there and equal, 6 they differ, 7 there is none, 8 some were not asked. */
export function traceExitCode({ rows }: TraceResult): ExitCode {
  const codes = rows.map(exitCodeOfRow);
  const { differences, answerIsNo, notAllChecked, done } = exitCodes;
  const worst = [differences, notAllChecked, answerIsNo].find((code) => codes.includes(code));
  return worst ?? (codes.length === 0 ? answerIsNo : done);
}

function exitCodeOfRow({ copies }: RowTrace): ExitCode {
  const answers = (copies?.copies ?? []).map(({ answer }) => answer);
  const told = answers.filter(({ kind }) => kind !== "failed" && kind !== "not-asked");
  const found = new Set(told.map(answerKey));
  if (found.size > 1 || found.has("damaged")) return exitCodes.differences;
  if (told.length < answers.length) return exitCodes.notAllChecked;
  return found.size === 0 || found.has("absent") ? exitCodes.answerIsNo : exitCodes.done;
}

/** Equal for equal copies. Equal values of other write times are none: a later write tells them apart. */
function answerKey(answer: CopyAnswer): string {
  if (answer.kind !== "row") return answer.kind;
  return [answer.digest, ...Object.values(answer.writeTimesUs)].map(String).join(" ");
}

/** As JSON: what a number cannot hold exactly is decimal text. */
export function traceReport(result: TraceResult): unknown {
  return {
    target: result.place,
    rows: result.rows.map(({ source, cell, copies, letters }) => ({
      source: source && {
        file: source.file,
        table: source.table,
        rowid: String(source.rowid),
        values: Object.fromEntries(source.values.map(([name, value]) => [name, jsonOf(value)])),
      },
      cell: cell.kind === "cell" ? cellReport(cell) : { why: cell.why },
      token: decimal(copies?.token ?? null),
      copies: copies?.copies.map((copy) => copyReport(copy, result)) ?? null,
      deadLetters: letters?.map(letterReport) ?? null,
    })),
  };
}

function decimal(value: bigint | null): string | null {
  return value === null ? null : String(value);
}

function cellReport({ code, level }: { readonly code: bigint; readonly level: number }) {
  const [tile, cell] = [String(code >> 15n), Number(code & 0x7fffn)];
  return { level, mortonCode: String(code), tile, cell };
}

function copyReport({ node, datacenter, rack, answer }: CellCopy, target: Meta): unknown {
  return { node, datacenter, rack, ...answerReport(answer, target) };
}

function answerReport(answer: CopyAnswer, target: Meta): Record<string, unknown> {
  const { kind } = answer;
  switch (kind) {
    case "row": {
      const times = Object.entries(answer.writeTimesUs);
      const writeTimesUs = Object.fromEntries(times.map(([name, us]) => [name, decimal(us)]));
      const row = rowReport(answer.row, target);
      return { answer: kind, digest: answer.digest, writeTimesUs, row };
    }
    case "absent":
      return { answer: kind };
    case "not-asked":
      return { answer: kind, why: answer.why };
    default:
      return { answer: kind, error: errorReport(answer.error) };
  }
}

function letterReport({ rowid, ...letter }: TracedLetter): unknown {
  return { ...letter, rowid: String(rowid) };
}

/** For people: one block a row. */
export function renderTrace(result: TraceResult): string {
  if (result.rows.length === 0) return "No row of the source has this Id.\n";
  return result.rows.map((row) => renderRow(row)).join("\n");
}

function renderRow({ source, cell, copies, letters }: RowTrace): string {
  const lines = [
    ["source", source === null ? "no row was looked for, or found" : sourceText(source)],
  ];
  for (const [name, value] of source?.values ?? [])
    lines.push([`  ${plainText(name)}`, shown(value)]);
  if (cell.kind === "none") lines.push(["cell", `none: ${cell.why}`]);
  else lines.push(["level", String(cell.level)], ["morton_code", String(cell.code)]);
  const token = decimal(copies?.token ?? null);
  if (token !== null) lines.push(["token", token]);
  if (cell.kind === "cell" && copies === null) {
    lines.push(["copies", "none: the target's layout has no such level"]);
  }
  lines.push(["dead letters", lettersText(letters)]);
  return `${alignColumns([...lines, ...letterLines(letters)])}${copiesTable(copies?.copies ?? [])}`;
}

function sourceText({ file, table, rowid }: NonNullable<RowTrace["source"]>): string {
  return `row ${rowid} of ${plainText(table)} in ${plainText(file)}`;
}

function lettersText(letters: readonly TracedLetter[] | null): string {
  if (letters === null) return "no run was named";
  return letters.length === 0 ? "none" : String(letters.length);
}

function letterLines(letters: readonly TracedLetter[] | null): string[][] {
  return (letters ?? []).map(({ code, stage, sink, message, rowid, file }) => {
    const where = sink === "" ? stage : `${stage}, ${sink}`;
    return [`  ${code}`, plainText(`row ${rowid} of ${file} (${where}): ${message}`)];
  });
}

const headings = ["node", "data centre", "rack", "write time", "digest", "answer"];

function copiesTable(copies: readonly CellCopy[]): string {
  if (copies.length === 0) return "";
  const lines = copies.map(({ node, datacenter, rack, answer }) => {
    return [plainText(node), datacenter ?? "-", rack ?? "-", ...answerCells(answer)];
  });
  return alignColumns([headings, ...lines]);
}

function answerCells(answer: CopyAnswer): string[] {
  switch (answer.kind) {
    case "row": {
      const { materialId, homogeneity, childrenMask } = answer.row;
      const values = `material ${materialId ?? "NULL"}, homogeneity ${homogeneity}, mask ${childrenMask}`;
      const digest = answer.digest.slice(0, SHOWN_DIGEST);
      return [writeTimeText(answer.writeTimesUs), digest, values];
    }
    case "absent":
      return ["-", "-", "no row"];
    case "not-asked":
      return ["-", "-", `not asked: ${answer.why}`];
    case "damaged":
      return ["-", "-", `damaged: ${plainText(answer.error.fault)}`];
    case "failed":
      return ["-", "-", `no answer: ${plainText(answer.error.fault)}`];
  }
}

/** One time where all columns have it: else whoever wrote them did not write whole rows. */
function writeTimeText(times: Readonly<Record<string, bigint | null>>): string {
  const known = Object.entries(times).flatMap(([name, us]) => (us === null ? [] : [{ name, us }]));
  const distinct = new Set(known.map(({ us }) => us));
  if (distinct.size === 1)
    return known
      .slice(0, 1)
      .map(({ us }) => timeText(us))
      .join();
  return known.map(({ name, us }) => `${name} ${timeText(us)}`).join(", ");
}

/** 2026-01-31T12:00:05.123Z (1769860805123456) */
function timeText(us: bigint): string {
  return `${isoTime(us / 1000n)} (${us})`;
}
