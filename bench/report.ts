import type { Measured, Spread } from "./paired.js";

/** A line of the result: a figure, and the bar it is held to, if there is one. */
export interface Line {
  readonly name: string;
  /** Nanoseconds a row, where that is what was measured. */
  readonly nsPerRow?: Spread;
  /** The figure the bar is about. */
  readonly value: Spread;
  /** How to show it: times the reference, million rows a second, bytes, nanoseconds. */
  readonly unit: "x" | "M/s" | "B" | "ns" | "us" | "ms" | "s" | "MiB";
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

export function speedupLine(measured: Measured, atLeast?: number): Line {
  const bar = atLeast === undefined ? {} : { bar: { atLeast } };
  return {
    name: measured.name,
    nsPerRow: measured.nsPerRow,
    value: measured.speedup,
    unit: "x",
    ...bar,
  };
}

export function rateLine(measured: Measured, atLeast?: number): Line {
  const { median, min, max } = measured.nsPerRow;
  const value = { median: 1e3 / median, min: 1e3 / max, max: 1e3 / min };
  const bar = atLeast === undefined ? {} : { bar: { atLeast } };
  return { name: measured.name, nsPerRow: measured.nsPerRow, value, unit: "M/s", ...bar };
}

export function verdict({ bar, value }: Line): "met" | "MISSED" | "" {
  if (bar === undefined) return "";
  const isMet = "atLeast" in bar ? value.median >= bar.atLeast : value.median <= bar.atMost;
  return isMet ? "met" : "MISSED";
}

const headings = ["", "ns/row", "figure", "min .. max", "bar", "verdict"];

/** A table for people: figures right, words left. */
export function renderSection({ title, lines }: Section): string {
  const rows = [headings, ...lines.map(cells)];
  const widths = headings.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const text = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 5
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return `${title}\n${text.join("\n")}`;
}

function cells(line: Line): string[] {
  const { name, nsPerRow, value, unit, bar } = line;
  return [
    name,
    nsPerRow === undefined ? "" : nsPerRow.median.toFixed(2),
    `${digits(value.median)} ${unit}`,
    `${digits(value.min)} .. ${digits(value.max)}`,
    bar === undefined ? "" : barText(bar),
    verdict(line),
  ];
}

function barText(bar: { readonly atLeast: number } | { readonly atMost: number }): string {
  return "atLeast" in bar ? `>= ${bar.atLeast}` : `<= ${bar.atMost}`;
}

function digits(figure: number): string {
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(2);
}
