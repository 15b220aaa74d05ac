import { rehash } from "./hash.js";

const FIRST_DAY = Date.UTC(2019, 0, 1);
const DAYS = 5 * 365 + 1;
const MS_PER_DAY = 86_400_000;

/** After every Created: when the content of a generated file last changed. */
export const CREATED_END = "2024-01-01T00:00:00.000Z";

const days: readonly string[] = Array.from({ length: DAYS }, (_, n) =>
  new Date(FIRST_DAY + n * MS_PER_DAY).toISOString().slice(0, 11),
);
const twoDigits: readonly string[] = Array.from({ length: 60 }, (_, n) =>
  String(n).padStart(2, "0"),
);

/** A time in 2019 to 2023 as ISO text in UTC; some with milliseconds. */
export function createdText(hash: number): string {
  const second = rehash(hash, 1) % 86_400;
  const hour = twoDigits[Math.floor(second / 3600)];
  const minute = twoDigits[Math.floor(second / 60) % 60];
  const time = `${days[hash % DAYS]}${hour}:${minute}:${twoDigits[second % 60]}`;
  if (hash >>> 28 !== 0) return `${time}Z`;
  return `${time}.${String(rehash(hash, 2) % 1000).padStart(3, "0")}Z`;
}
