/** A name as SQL has it, whatever characters it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Names for a message: quoted, joined, and "none" where there is none. */
export function listNames(names: readonly string[], limit = 20): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, limit).map((name) => JSON.stringify(name));
  const rest = names.length - shown.length;
  return rest === 0 ? shown.join(", ") : `${shown.join(", ")} and ${rest} more`;
}
