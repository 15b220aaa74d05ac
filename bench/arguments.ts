/** A count on a bench's command line; `usual` where there is none. Ends the process where it is no count. */
export function countOf(text: string | undefined, usual: number): number {
  const count = text === undefined ? usual : Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  console.error(`expected a number of rows or rounds, got ${text}`);
  process.exit(3);
}
