import type { Outcome } from "../load/progress.js";
import type { RunReport } from "../load/run-report.js";
import { adviceOn } from "./advice.js";
import { type Bar, barChart } from "./bars.js";
import { cacheSection } from "./cache-section.js";
import { cssColor, rampColor } from "./color-ramp.js";
import { digestSection, hasDigests } from "./digest-section.js";
import { hotSection } from "./hot-map-section.js";
import { type Html, html, nothing } from "./html.js";
import { levelColor, levelRange } from "./map-image.js";
import { mapSection } from "./map-section.js";
import { formatDuration, formatTime, groupedCount, percentOf, timePerRow } from "./numbers.js";
import { planSection } from "./plan-section.js";
import { reportStyle } from "./report-style.js";
import { throughputChart } from "./throughput-chart.js";
import { validationSection } from "./validation-section.js";

interface OutcomeText {
  readonly badge: string;
  readonly tone: "good" | "warn" | "bad" | "calm";
  readonly meaning: string;
}

const RESUME = "octoload backfill --run-dir with the folder of this report goes on from there.";

const outcomes: Readonly<Record<Outcome, OutcomeText>> = {
  done: { badge: "done", tone: "good", meaning: "Every row is loaded and accounted for." },
  rejected: {
    badge: "some rows rejected",
    tone: "warn",
    meaning: "Every row is accounted for; the rejected ones are listed with what to do about them.",
  },
  "max-errors": {
    badge: "stopped at --max-errors",
    tone: "bad",
    meaning: `More rows were rejected than --max-errors allows. Nothing loaded is lost: ${RESUME}`,
  },
  interrupted: {
    badge: "interrupted",
    tone: "warn",
    meaning: `The run was stopped and its progress saved: ${RESUME}`,
  },
  failed: {
    badge: "failed",
    tone: "bad",
    meaning: `Something other than the rows ended the run. What was acknowledged is safe: ${RESUME}`,
  },
  "dry-run": {
    badge: "dry run",
    tone: "calm",
    meaning: "Everything was read, encoded and ordered; nothing was written to a target.",
  },
};

/**
 * A run's report as one HTML file: no scripts, nothing fetched, readable on a phone, on
 * paper, and in light and dark.
 */
export function renderReportHtml(report: RunReport): string {
  const title = `octoload run ${report.runId}: ${outcomes[report.outcome].badge}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${reportStyle}</style>
</head>
<body>
${header(report)}
<main>
${card("Targets", targets(report), "wide")}
${report.validations === undefined ? nothing : card("Validation", validationSection(report.validations), "wide")}
${rejections(report)}
${warnings(report)}
${card("Map", mapSection(report.map), "maps")}
${report.hot === undefined ? nothing : card("Hot regions", hotSection(report.hot), "maps")}
${report.cache === undefined ? nothing : card("Hot cache", cacheSection(report.cache), "wide")}
${card("Speed", throughputChart(report), "wide")}
${report.plan === undefined ? nothing : card("Plan", planSection(report.plan), "wide")}
<div class="column">${card("Rows by level", levels(report))}
${card("Stages", stages(report))}</div>
<div class="column">${card("Rows by material", materials(report))}
${card("Run", facts(report))}</div>
${hasDigests(report) ? card("Digests", digestSection(report), "wide") : nothing}
${card("Source", source(report), "wide")}
</main>
<footer>octoload ${report.octoload}</footer>
</body>
</html>
`.text;
}

function card(heading: string, content: Html, name = ""): Html {
  return html`<section class="card ${name}"><h2>${heading}</h2>${content}</section>`;
}

function header(report: RunReport): Html {
  const { badge, tone, meaning } = outcomes[report.outcome];
  const { error } = report;
  return html`<header>
<p class="kicker">octoload run</p>
<h1>${report.source.name}</h1>
<p class="badge ${tone}">${badge}</p>
<p class="meaning">${meaning}</p>
${error === undefined ? nothing : html`<p class="error"><code>${error.code}</code> ${error.message}</p>`}
<dl class="tiles">${tiles(report).map(
    ([name, value, note]) =>
      html`<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>
</header>`;
}

function tiles(report: RunReport): [string, string, string][] {
  const { total, sinks, elapsedMs, orphans, collisions } = report;
  const loaded = Math.min(...sinks.map((sink) => sink.loaded), total);
  const rejected = report.rejectedByCode.reduce((sum, { rows }) => sum + rows, 0);
  const speed = elapsedMs > 0 ? (loaded / elapsedMs) * 1000 : 0;
  return [
    ["rows", groupedCount(total), hasFilters(report) ? "after filters" : "in the source"],
    ...(sinks.length === 0
      ? []
      : ([["loaded", groupedCount(loaded), percentOf(loaded, total)]] as [
          string,
          string,
          string,
        ][])),
    ["rejected", groupedCount(rejected), percentOf(rejected, total)],
    ["time", formatDuration(elapsedMs), resumesText(report.resumes)],
    ["rows per second", groupedCount(speed), "over the whole time"],
    ["collisions", groupedCount(collisions), "rows with a key already taken"],
    ["orphans", groupedCount(orphans), "rows whose parent is absent"],
  ];
}

function hasFilters({ filters }: RunReport): boolean {
  return Object.keys(filters).length > 0;
}

function resumesText(resumes: number): string {
  if (resumes === 0) return "in one go";
  return resumes === 1 ? "resumed once" : `resumed ${groupedCount(resumes)} times`;
}

function targets({ sinks, total }: RunReport): Html {
  if (sinks.length === 0) return html`<p class="empty">No target.</p>`;
  const isPruned = sinks.some(({ pruned }) => pruned !== undefined);
  const rows = sinks.map(({ url, layout, loaded, rejected, skipped, pruned = 0, live = 0 }) => {
    const missing = total - loaded - rejected - skipped;
    const account =
      missing === 0
        ? "all"
        : `${groupedCount(Math.abs(missing))} ${missing > 0 ? "not yet" : "twice"}`;
    const counts = [loaded, rejected, skipped, ...(isPruned ? [pruned, live] : [])];
    return html`<tr><td class="path">${url}</td><td>${layout}</td>${counts.map(
      (count) => html`<td class="number">${groupedCount(count)}</td>`,
    )}<td class="number">${account}</td></tr>`;
  });
  const ofPrune = isPruned ? ["pruned#", "newer, kept#"] : [];
  const counted = ["loaded#", "rejected#", "skipped#", ...ofPrune, "accounted for#"];
  return table(["target", "layout", ...counted], rows);
}

function levels(report: RunReport): Html {
  if (report.levels.length === 0) return html`<p class="empty">No rows.</p>`;
  const range = levelRange(report.map);
  const numbers = report.levels.map(({ level }) => level);
  const lowest = Math.min(...numbers, range?.lowest ?? 26);
  const highest = Math.max(...numbers, range?.highest ?? 0);
  const bars: Bar[] = report.levels.map(({ level, rows }) => ({
    label: String(level),
    value: rows,
    color: cssColor(levelColor(level, range ?? { lowest, highest })),
  }));
  return barChart({
    bars,
    labelHead: "level",
    barHead: "rows, logarithmic",
    cellHeads: ["rows", "share"],
    scale: "logarithmic",
  });
}

function materials({ materials: known, otherMaterials }: RunReport): Html {
  const bars: Bar[] = known.map(({ materialId, rows }) => ({
    label: materialId === null ? "NULL" : String(materialId),
    value: rows,
  }));
  if (otherMaterials > 0)
    bars.push({ label: "all others", value: otherMaterials, color: "var(--muted)" });
  if (bars.length === 0) return html`<p class="empty">No rows.</p>`;
  return barChart({
    bars,
    labelHead: "material",
    barHead: "rows",
    cellHeads: ["rows", "share"],
    scale: "linear",
  });
}

function stages({ stages: all }: RunReport): Html {
  if (all.length === 0) return html`<p class="empty">No stage was measured.</p>`;
  return barChart({
    bars: all.map(({ name, busyMs, rows }) => ({
      label: name,
      value: busyMs,
      color: cssColor(rampColor(0.45)),
      cells: [formatDuration(busyMs), groupedCount(rows), timePerRow(busyMs, rows)],
    })),
    labelHead: "stage",
    barHead: "time busy",
    cellHeads: ["time", "rows", "a row"],
    scale: "linear",
  });
}

function rejections({ rejectedByCode }: RunReport): Html {
  if (rejectedByCode.length === 0) return nothing;
  const rows = rejectedByCode.map(({ code, rows: count }) => {
    const advice = adviceOn(code);
    return html`<tr><td><code>${code}</code></td><td class="number">${groupedCount(count)}</td><td>${
      advice?.cause ?? ""
    }</td><td>${advice?.remedy ?? ""}</td></tr>`;
  });
  return card(
    "Rejected rows",
    table(["code", "rows#", "cause", "what to do"], rows, "advice"),
    "wide",
  );
}

function warnings({ warnings: all }: RunReport): Html {
  if (all.length === 0) return nothing;
  const rows = all.map(
    ({ code, rows: count, message }) =>
      html`<tr><td><code>${code}</code></td><td class="number">${
        count > 0 ? groupedCount(count) : "–"
      }</td><td>${message}</td></tr>`,
  );
  return card("Warnings", table(["code", "rows#", "message"], rows), "wide");
}

function source({ source: { files } }: RunReport): Html {
  const rows = files.map(
    ({ path, table: name, rows: count }) =>
      html`<tr><td class="path">${path}</td><td class="path">${name}</td><td class="number">${groupedCount(count)}</td></tr>`,
  );
  return table(["file", "table", "rows#"], rows);
}

function facts(report: RunReport): Html {
  const { frame, filters } = report;
  const vector = (values: readonly number[]) => values.map(groupedCount).join(", ");
  const pairs: [string, string][] = [
    ["run", report.runId],
    ["started", formatTime(report.startedAt)],
    ["ended", formatTime(report.endedAt)],
    ["exit code", String(report.exitCode)],
    ["frame", frame.name],
    ["from", `${vector(frame.min)} m`],
    ["size", `${vector(frame.size)} m`],
    ...Object.entries(filters).map(([name, value]): [string, string] => [`--${name}`, value]),
    ["fingerprint", report.source.fingerprint],
  ];
  return html`<dl class="facts">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** Heads that end in # are those of numbers. */
function table(heads: readonly string[], rows: readonly Html[], name = ""): Html {
  const cells = heads.map((head) =>
    head.endsWith("#")
      ? html`<th scope="col" class="number">${head.slice(0, -1)}</th>`
      : html`<th scope="col">${head}</th>`,
  );
  return html`<div class="scroll"><table class="${name}"><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
