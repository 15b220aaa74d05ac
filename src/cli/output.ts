import { relative } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { CliIo } from "./io.js";

/** An error as a command's JSON shows it. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Any error as an OctoloadError: what octoload does not expect is INTERNAL. */
export function asOctoloadError(error: unknown): OctoloadError {
  if (error instanceof OctoloadError) return error;
  return new OctoloadError("INTERNAL", `unexpected: ${String(error)}`, { cause: error });
}

export function errorReport({ code, message, remedy }: OctoloadError): ErrorReport {
  return { code, message, remedy };
}

/** One line of JSON on stdout: the whole result of a command with --json. */
export function writeJson(io: CliIo, result: unknown): void {
  io.stdout(`${JSON.stringify(result)}\n`);
}

/** Reports an error on stderr, as text or as one line of JSON; stdout stays empty. */
export function writeError(io: CliIo, error: OctoloadError, json: boolean): void {
  if (json) {
    io.stderr(`${JSON.stringify({ error: errorReport(error) })}\n`);
    return;
  }
  io.stderr(`octoload: ${error.code}: ${error.message}\n`);
  if (error.code === "INTERNAL" && error.cause instanceof Error) {
    io.stderr(`${error.cause.stack ?? ""}\n`);
  }
}

/** Rows of text as columns two blanks apart; `right` names the columns of numbers. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length);
  }
  const pad = (text: string, i: number) => {
    const width = widths[i] ?? 0;
    return right.has(i) ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}

/** As short as it can be typed from here. */
export function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}
