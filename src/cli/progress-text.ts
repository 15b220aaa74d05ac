/** Counts and times as people read them in a terminal. */

/** 6240000 as 6,240,000. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-GB");
}

/** A count with its noun: 1 row, 2 rows. */
export function formatRows(rows: number): string {
  return `${formatCount(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** One decimal, and never 100.0 for what is not complete. */
export function formatPercent(percent: number): string {
  return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
}

/** 0:07, 12:34, 1:02:03; days go on as hours. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : parts.join(":").replace(/^0(?=\d:)/, "");
}

/** No longer than `width`; a cut is shown. */
export function truncate(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`;
}

/** Text of others on one line of a terminal: no control characters, so no escape sequences. */
export function plainText(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
