import { stateKeys } from "../cassandra/state.js";
import type { DualWriteStatus, StateChange } from "../cassandra/t0.js";
import { formatCount, plainText } from "./progress-text.js";

/** The status as JSON: write timestamps are decimal text, microseconds since 1970. */
export function statusReport(status: DualWriteStatus) {
  const { t0, runsLeft } = status;
  return {
    dualWrite: status.isDualWriteOn ? "on" : "off",
    t0Us: decimal(t0?.us),
    t0: t0 === null ? null : formatTimeUs(t0.us),
    runsSinceT0: t0 === null ? null : Number(t0.runs),
    runsLeft: runsLeft === null ? null : Number(runsLeft),
    runs: Number(status.runs),
    lastRunUs: decimal(status.lastRunUs),
    highestLiveUs: decimal(status.highestLiveUs),
    resets: Number(status.resets),
    changes: status.changes.map(({ key, value, changedAtMs, changedBy }) => {
      return { key, value, changedAt: formatTimeMs(changedAtMs), changedBy };
    }),
  };
}

/** Lines of what, value, and who set it when. */
export function renderStatus(status: DualWriteStatus): string[][] {
  const { t0, isDualWriteOn, lastRunUs, runs, runsLeft, resets, highestLiveUs } = status;
  const lines = [
    line(status, "dual write", isDualWriteOn ? "on" : "off", stateKeys.dualWrite),
    line(status, "T0", t0 === null ? "not set" : formatTimeUs(t0.us), stateKeys.t0Us),
    line(status, "runs", formatCount(Number(runs)), stateKeys.runs),
  ];
  if (lastRunUs !== null) {
    lines.push(line(status, "last run's timestamp", formatTimeUs(lastRunUs), stateKeys.lastRunUs));
  }
  if (t0 !== null && runsLeft !== null) {
    const counts = `${formatCount(Number(t0.runs))}, room for ${formatCount(Number(runsLeft))} more`;
    lines.push(line(status, "runs since T0", counts, stateKeys.t0Runs));
  }
  if (highestLiveUs !== null) {
    const time = formatTimeUs(highestLiveUs);
    lines.push(line(status, "live writes not after", time, stateKeys.highestLiveUs));
  }
  if (resets > 0n) {
    lines.push(line(status, "T0 given up", `${resets} times`, stateKeys.resets));
  }
  return lines;
}

function line({ changes }: DualWriteStatus, what: string, value: string, key: string): string[] {
  const change = changes.find((one) => one.key === key);
  return change === undefined ? [what, value] : [what, value, formatChange(change)];
}

function formatChange({ changedAtMs, changedBy }: StateChange): string {
  return `set ${formatTimeMs(changedAtMs)} by ${plainText(changedBy)}`;
}

/** 2026-01-31T12:00:05.000123Z */
function formatTimeUs(us: bigint): string {
  const micros = String(us % 1000n).padStart(3, "0");
  return formatTimeMs(us / 1000n).replace("Z", `${micros}Z`);
}

function formatTimeMs(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

function decimal(number: bigint | null | undefined): string | null {
  return number === null || number === undefined ? null : String(number);
}
