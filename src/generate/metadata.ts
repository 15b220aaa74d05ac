import { rehash, unit } from "./hash.js";

export interface MetadataFacts {
  readonly material: string;
  readonly elevation: number;
  readonly coastKm: number;
  /** Members of a JSON object that name the city. */
  readonly city: string | undefined;
}

/** Shares of rows without metadata, with little, with a few readings, and with a few hundred. */
const NONE = 0.03;
const BRIEF = 0.15;
const FEW = 0.12;
const MANY = 0.012;
const MOST_FEW = 16;
const MOST_MANY = 700;

const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, n) =>
  String(n).padStart(2, "0"),
);
const READING_STARTS = 4096;
const readingTexts: readonly string[] = Array.from({ length: READING_STARTS + MOST_MANY }, (_, n) =>
  String((rehash(n, 0) % 10_000) / 100),
);

const instruments = ["lidar", "sar", "photo", "survey", "sonar", "model"] as const;

/** A JSON object of 40 bytes to some kilobytes, about 120 on average; now and then none. */
export function metadataText(facts: MetadataFacts, hash: number): string | null {
  const share = unit(hash);
  if (share < NONE) return null;
  if (share < NONE + BRIEF) {
    return `{"material":"${facts.material}","coast_km":${tenths(facts.coastKm)}}`;
  }
  const quality = rehash(hash, 1) % 100;
  const instrument = instruments[rehash(hash, 2) % instruments.length];
  const city = facts.city === undefined ? "" : `,${facts.city}`;
  const base =
    `{"material":"${facts.material}","elevation_m":${tenths(facts.elevation)},` +
    `"coast_km":${tenths(facts.coastKm)},"source":"${instrument}","quality":0.${twoDigits[quality]}${city}`;
  const count = readingCount(share, hash);
  return count === 0 ? `${base}}` : `${base},"readings":[${readings(count, hash)}]}`;
}

function readingCount(share: number, hash: number): number {
  if (share > 1 - MANY) return MOST_FEW + (rehash(hash, 3) % (MOST_MANY - MOST_FEW));
  if (share > 1 - MANY - FEW) return 1 + (rehash(hash, 3) % MOST_FEW);
  return 0;
}

/** Neighbours in a run of texts made beforehand: hundreds of numbers a row would take their time. */
function readings(count: number, hash: number): string {
  const first = rehash(hash, 4) % READING_STARTS;
  return readingTexts.slice(first, first + count).join(",");
}

/** A number with one decimal, quicker than a double's shortest text. */
function tenths(value: number): string {
  const rounded = Math.round(Math.abs(value) * 10);
  const whole = Math.floor(rounded / 10);
  return `${value < 0 && rounded > 0 ? "-" : ""}${whole}.${rounded - 10 * whole}`;
}
