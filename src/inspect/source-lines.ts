import { basename } from "node:path";
import { framesEqual } from "../encoding/frame.js";
import { errorEntry } from "../errors/codes.js";
import { allowedErrors, type LoadSettings } from "../load/load-settings.js";
import { classesOf } from "./class-counts.js";
import { type CheckLine, lineMaker } from "./lines.js";
import { rejectedRows } from "./plan.js";
import type { SourceFacts, SourceFileFacts } from "./source-facts.js";
import { bytesText, countText, percentText, rowsText } from "./words.js";

/** Metadata as long as that makes a batch of its own, whatever the target. */
const LONG_VALUE_BYTES = 2 ** 20;
const SHOWN_COLUMNS = 12;

const line = lineMaker("source");

type Settings = Pick<LoadSettings, "maxErrors" | "onCollision">;

/** What the source's own facts mean for a load. */
export function sourceLines(facts: SourceFacts, settings: Settings): CheckLine[] {
  return [
    rowLine(facts),
    ...facts.rejected.map(({ code, rows, examples }) =>
      line("bad values", "warning", `${rowsText(rows)}: ${errorEntry(code).cause}`, {
        code,
        remedy: errorEntry(code).remedy,
        examples: examples.map(({ file, rowid, message }) => `row ${rowid} of ${file}: ${message}`),
      }),
    ),
    frameLine(facts),
    collisionLine(facts, settings),
    rejectionLine(facts, settings),
    orphanLine(facts),
    ...createdLines(facts),
    ...facts.files.flatMap((file) => [
      ...columnLines(file),
      ...classLines(file),
      ...fileLines(file),
    ]),
    metadataLine(facts),
  ];
}

function rowLine({ rows, selected, files, derived }: SourceFacts): CheckLine {
  const of = selected === rows ? "" : `, ${countText(selected)} of them pass the filters`;
  const levels = derived.levels.map(({ level }) => level);
  const range =
    levels.length === 0 ? "" : `, levels ${Math.min(...levels)} to ${Math.max(...levels)}`;
  const where = files.length === 1 ? "" : ` in ${files.length} files`;
  const verdict = selected === 0 ? "warning" : "go";
  return line("rows", verdict, `${rowsText(rows)}${where}${of}${range}`);
}

/** Where another frame holds more, it is named; a frame that only seems wrong is a warning. */
function frameLine({ fit, frame }: SourceFacts): CheckLine {
  const own = fit.frames.find((one) => framesEqual(one.frame, frame));
  const inside = own?.inside ?? 0;
  const outside = fit.points - inside;
  const others = fit.frames.filter((one) => one !== own);
  const best = others.find((one) => one.inside > inside);
  if (outside > 0) {
    const share = percentText(outside / Math.max(1, fit.points));
    const finding = `${rowsText(outside)} (${share}) lie outside the frame ${frame.name}`;
    if (best === undefined) {
      const remedy = "No built-in frame holds more of them: describe one in a file (--frame FILE).";
      return line("frame", "warning", finding, { code: "OUT_OF_FRAME", remedy });
    }
    const all = best.inside === fit.points ? "all" : countText(best.inside);
    const remedy = `Load with --frame ${best.frame.name}, which holds ${all} of them.`;
    return line("frame", "no-go", finding, { code: "OUT_OF_FRAME", remedy });
  }
  const suspect = others.find((one) => one.inside === fit.points && looksLike(one.frame.min, fit));
  if (suspect === undefined || !looksOff(frame, fit)) {
    return line("frame", "go", `all ${countText(fit.points)} points lie in ${frame.name}`);
  }
  return line(
    "frame",
    "warning",
    `all points lie in ${frame.name}, but in one corner of it: no coordinate is below 0`,
    {
      remedy: `If the source counts from a corner of the world, load with --frame ${suspect.frame.name}.`,
    },
  );
}

/** No coordinate lies below the frame's own corner at 0. */
function looksLike(min: readonly number[], fit: SourceFacts["fit"]): boolean {
  return min.every((value) => value === 0) && (fit.min ?? [-1]).every((value) => value >= 0);
}

/** The frame reaches far below 0, and the points use most of the upper half: as a corner's would. */
function looksOff({ min }: SourceFacts["frame"], fit: SourceFacts["fit"]): boolean {
  const most = fit.max ?? [];
  return min.every((value) => value < 0) && most.some((value, i) => value > -(min[i] ?? 0) / 2);
}

function collisionLine(
  { derived, collisionExamples }: SourceFacts,
  { onCollision }: Settings,
): CheckLine {
  const { collisions } = derived;
  if (collisions === 0) return line("collisions", "go", "no two rows share level and cell");
  const finding = `${rowsText(collisions)} share level and cell with a newer one and are rejected`;
  const verdict = onCollision === "fail" ? "no-go" : "warning";
  return line("collisions", verdict, finding, {
    code: "KEY_COLLISION",
    remedy: errorEntry("KEY_COLLISION").remedy,
    examples: collisionExamples,
  });
}

function rejectionLine(facts: SourceFacts, { maxErrors }: Settings): CheckLine {
  const rejected = rejectedRows(facts);
  if (rejected === 0) return line("rejected rows", "go", "none");
  const allowed = allowedErrors(maxErrors, facts.rows);
  const share = percentText(rejected / Math.max(1, facts.rows));
  const finding = `${rowsText(rejected)} in all (${share}); ${countText(allowed)} are allowed`;
  if (rejected <= allowed) return line("rejected rows", "warning", finding);
  const remedy = "Mend the source, or allow as many with --max-errors.";
  return line("rejected rows", "no-go", finding, { code: "MAX_ERRORS", remedy });
}

function orphanLine({ derived }: SourceFacts): CheckLine {
  if (derived.orphans === 0) return line("orphans", "go", "every row's parent is there");
  const share = percentText(derived.orphans / Math.max(1, derived.rows));
  const finding = `${rowsText(derived.orphans)} (${share}) without a parent row; they are loaded`;
  return line("orphans", "warning", finding, { code: "ORPHAN" });
}

function createdLines({ unreadableCreated }: SourceFacts): CheckLine[] {
  if (unreadableCreated === 0) return [];
  const { cause, remedy } = errorEntry("CREATED_UNREADABLE");
  const finding = `${rowsText(unreadableCreated)}: ${cause}`;
  return [line("created", "warning", finding, { code: "CREATED_UNREADABLE", remedy })];
}

function columnLines({ columns, path }: SourceFileFacts): CheckLine[] {
  const unmapped = columns.filter(({ meaning }) => meaning === null).map(({ name }) => name);
  if (unmapped.length === 0) return [];
  const more =
    unmapped.length > SHOWN_COLUMNS ? ` and ${unmapped.length - SHOWN_COLUMNS} more` : "";
  const names = unmapped.slice(0, SHOWN_COLUMNS).join(", ");
  return [
    line("unmapped columns", "go", `${basename(path)}: kept in the envelopes: ${names}${more}`),
  ];
}

/** SQLite types values, not columns; a mix is kept as it is, but it often is an accident. */
function classLines({ columns, path }: SourceFileFacts): CheckLine[] {
  return columns.flatMap(({ name, classes }) => {
    const found = classesOf(classes);
    if (found.length < 2) return [];
    const { null: _, tooLarge: __, ...counts } = classes;
    const parts = Object.entries(counts).flatMap(([kind, values]) =>
      values > 0 ? [`${countText(values)} ${kind.toUpperCase()}`] : [],
    );
    const finding = `${basename(path)}: ${name} has ${parts.join(", ")}; each is kept as it is`;
    return [line("storage classes", "warning", finding)];
  });
}

function fileLines(file: SourceFileFacts): CheckLine[] {
  const { path, journalMode, walBytes, hasHotJournal, geoPackage, geometryColumn } = file;
  const lines: CheckLine[] = [];
  if (hasHotJournal || walBytes > 0) {
    const what = hasHotJournal
      ? "a rollback journal"
      : `a write-ahead log of ${bytesText(walBytes)}`;
    lines.push(
      line(
        "source in use",
        "warning",
        `${basename(path)}: ${what} lies beside it, so somebody writes to it`,
        {
          remedy: "Stop the writers, or load from a copy of one moment: --snapshot DIR.",
        },
      ),
    );
  } else {
    lines.push(
      line(
        "journal",
        "go",
        `${basename(path)}: journal mode ${journalMode}, nothing lies beside it`,
      ),
    );
  }
  if (geoPackage === null) return lines;
  const { geometry, version } = geoPackage;
  const shape = geometry === null ? "no geometry" : `${geometry.type} in ${geometry.column}`;
  const use = geometryColumn === null ? "X, Y, Z are columns" : "X, Y, Z are its points'";
  const srs = geometry === null ? "" : `, reference system ${geometry.srsId}`;
  lines.push(
    line("geopackage", "go", `${basename(path)}: version ${version}, ${shape}${srs}; ${use}`),
  );
  return lines;
}

function metadataLine({ metadata }: SourceFacts): CheckLine {
  const { values, bytes, longest } = metadata;
  if (values === 0 || longest === null) return line("metadata", "go", "none");
  const mean = bytesText(bytes / values);
  const finding = `${countText(values)} values, ${mean} on average, ${bytesText(longest.bytes)} the longest (row ${longest.rowid})`;
  return line("metadata", longest.bytes > LONG_VALUE_BYTES ? "warning" : "go", finding);
}
