import type { RunHotMap } from "../load/run-report.js";

/** Priorities that are shown as one: none, then eight of 32 (the first one lacks 0). */
export interface PriorityBand {
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

const BAND_PRIORITIES = 32;

/** Row by row from the north; as long as the map has pixels, whatever the report holds. */
export function prioritiesOf({ priorities, width, height }: RunHotMap): Uint8Array {
  const pixels = new Uint8Array(width * height);
  pixels.set(Buffer.from(priorities, "base64").subarray(0, pixels.length));
  return pixels;
}

/** The hottest first, those that are not hot last. */
export function bandsOf({ rows }: RunHotMap): PriorityBand[] {
  const bands: PriorityBand[] = [bandOf(rows, 0, 0)];
  for (let first = 0; first < 256; first += BAND_PRIORITIES) {
    bands.unshift(bandOf(rows, Math.max(1, first), first + BAND_PRIORITIES - 1));
  }
  return bands;
}

function bandOf(rows: readonly number[], first: number, last: number): PriorityBand {
  const counted = rows.slice(first, last + 1).reduce((sum, count) => sum + count, 0);
  return { first, last, rows: counted };
}
