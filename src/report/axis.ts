const timeStepsMs: readonly number[] = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 900_000, 1_200_000, 1_800_000,
];
const HOUR_MS = 3_600_000;
const MAX_TIME_TICKS = 6;
const MAX_VALUE_TICKS = 5;

/** Round values from 0 that reach `most` or beyond: 1, 2 or 5 times a power of ten apart. */
export function valueTicks(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / MAX_VALUE_TICKS));
  const step = [1, 2, 5, 10]
    .map((factor) => factor * power)
    .find((s) => s * MAX_VALUE_TICKS >= most);
  const width = step ?? 10 * power;
  const count = Math.ceil(most / width - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => i * width);
}

/** Round times from 0 up to `endMs`, few enough to be labelled on a phone. */
export function timeTicks(endMs: number): number[] {
  const hours = HOUR_MS * Math.max(1, Math.ceil(endMs / HOUR_MS / MAX_TIME_TICKS));
  const step = timeStepsMs.find((ms) => endMs / ms <= MAX_TIME_TICKS) ?? hours;
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, i) => i * step);
}

/** In the unit of the ticks' distance. */
export function timeTickLabel(ms: number, ticks: readonly number[]): string {
  const step = (ticks[1] ?? 1000) - (ticks[0] ?? 0);
  if (ms === 0) return "0";
  if (step < 1000) return `${Number((ms / 1000).toFixed(2))} s`;
  if (step < 60_000) return `${ms / 1000} s`;
  return step < HOUR_MS ? `${ms / 60_000} min` : `${ms / HOUR_MS} h`;
}
