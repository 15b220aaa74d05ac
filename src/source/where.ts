import type { Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { quoteName } from "./quote.js";

/** Strings, quoted names and comments, an unfinished one up to the end; parentheses; semicolons. */
const tokens =
  /'(?:[^']|'')*('|$)|"(?:[^"]|"")*("|$)|`(?:[^`]|``)*(`|$)|\[[^\]]*(\]|$)|--[^\n]*|\/\*[\s\S]*?(\*\/|$)|[();]/g;

/**
 * Checks that `where` is one expression over the table's columns that only reads.
 *
 * It is not enough that SQLite takes it between parentheses: `1) GROUP BY (1` would pass. So it must
 * close no parenthesis that it did not open, end every string and comment, and hold no semicolon.
 *
 * @throws OctoloadError SOURCE_WHERE
 */
export function requireWhere(database: Database, table: string, where: string): void {
  const fault = faultOf(where);
  if (fault !== undefined) throw whereError(where, fault);
  try {
    // LIMIT 0: looks at no row, but refuses parameters, which would stay unbound.
    database.prepare(`SELECT 1 FROM ${quoteName(table)} WHERE ${enclosed(where)} LIMIT 0`).get();
  } catch (cause) {
    throw whereError(where, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A line of its own, so that a comment at the end reaches no further. */
export function enclosed(where: string): string {
  return `(\n${where}\n)`;
}

/** @param reason what SQLite or the check of the text says */
export function whereError(where: string, reason: string, cause?: unknown): OctoloadError {
  return new OctoloadError("SOURCE_WHERE", `${JSON.stringify(where)}: ${reason}`, { cause });
}

function faultOf(where: string): string | undefined {
  if (where.includes("\0")) return "it contains a zero character";
  let depth = 0;
  for (const [token, ...ends] of where.matchAll(tokens)) {
    if (token === ";") return "it contains a semicolon";
    if (ends.includes("")) return `${token[0]}… is never ended`;
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (depth < 0) return "it closes a parenthesis that it did not open";
  }
  return depth > 0 ? "it does not close every parenthesis" : undefined;
}
