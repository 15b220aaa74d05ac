/** U+202F, a space too narrow to part a number and too stiff to break it. */
const NARROW_SPACE = "\u202f";

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const prefixes = ["", "k", "M", "G", "T"];

/** 6240000 as 6 240 000. */
export function groupedCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
}

/** For axes and little room: 950, 1.2k, 34k, 5.6M. */
export function shortCount(count: number): string {
  let value = count;
  let prefix = 0;
  while (Math.abs(value) >= 999.5 && prefix < prefixes.length - 1) {
    value /= 1000;
    prefix += 1;
  }
  const digits = prefix > 0 && Math.abs(value) < 9.95 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, "")}${prefixes[prefix] ?? ""}`;
}

/** A part of a whole: 12.3 %, and < 0.1 % where there is some but little. */
export function percentOf(part: number, whole: number): string {
  if (whole <= 0) return "–";
  const percent = (part / whole) * 100;
  if (part > 0 && percent < 0.1) return `<${NARROW_SPACE}0.1${NARROW_SPACE}%`;
  // Never complete while something is missing.
  const shown = part < whole ? Math.min(percent, 99.9) : percent;
  return `${shown.toFixed(1)}${NARROW_SPACE}%`;
}

/** A duration to read, not to compare: 850 ms, 3.2 s, 2 min 05 s, 3 h 07 min. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** Three digits and a binary unit: 950 B, 1.2 MiB. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit > 0 && value < 100 ? String(Number(value.toPrecision(3))) : value.toFixed(0);
  return `${text} ${byteUnits[unit] ?? ""}`;
}

/** Time per row in the unit that suits it. */
export function timePerRow(busyMs: number, rows: number): string {
  if (rows <= 0) return "–";
  const ns = (busyMs / rows) * 1e6;
  if (ns < 1000) return `${ns.toFixed(0)} ns`;
  return ns < 1e6 ? `${(ns / 1000).toFixed(2)} µs` : `${(ns / 1e6).toFixed(1)} ms`;
}

/** 2026-01-31 12:00:05 UTC */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
