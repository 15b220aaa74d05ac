import { type ErrorEntry, errorTable } from "../errors/codes.js";

const entries: ReadonlyMap<string, ErrorEntry> = new Map(
  errorTable.map((entry) => [entry.code, entry]),
);

/** Cause and remedy of a code; undefined for one that another version wrote. */
export function adviceOn(code: string): ErrorEntry | undefined {
  return entries.get(code);
}
