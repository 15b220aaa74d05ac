/** A string literal of CQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A keyspace's or table's name as CQL takes it: in quotes, so that its case counts. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
