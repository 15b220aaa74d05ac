import type { Compressibility } from "./compressibility.js";
import { type CheckLine, lineMaker } from "./lines.js";
import type { DiskPlan, Plan } from "./plan.js";
import { bytesText, countText, durationText, percentText, rowsText } from "./words.js";

/** A dictionary that saves less of the metadata than this is not worth keeping. */
const MIN_DICTIONARY_GAIN = 0.1;

const line = lineMaker("plan");

/** What the plan says, whatever the targets are. */
export function planLines(plan: Plan, compressibility: Compressibility): CheckLine[] {
  return [
    layoutLine(plan),
    tileLine(plan),
    ...compressionLines(compressibility),
    timeLine(plan),
    diskLine("disk for sorting", plan.spill),
    ...(plan.snapshot === null ? [] : [diskLine("disk for the snapshot", plan.snapshot)]),
  ];
}

function layoutLine({ choice, layouts }: Plan): CheckLine {
  const size = ({ bytes }: { readonly bytes: number }) => `about ${bytesText(bytes)} a copy`;
  const sizes = `node ${size(layouts.node)}, tile ${size(layouts.tile)}`;
  return line("layout", "go", `${choice.layout}: ${choice.why} (${sizes})`);
}

function tileLine({ layouts: { tile } }: Plan): CheckLine {
  const largest = bytesText(tile.largestPartitionBytes);
  const mean = tile.rowsAPartition.toFixed(1);
  const finding = `${countText(tile.partitions)}, ${mean} rows each, ${largest} the largest before compression`;
  return line("tiles", "go", finding);
}

function compressionLines(found: Compressibility): CheckLine[] {
  if (found.values === 0) return [];
  const alone = `LZ4 alone leaves ${percentText(found.alone)} of the metadata`;
  const { withDictionary } = found;
  if (withDictionary === null) return [line("compression", "go", alone)];
  const { ratio, without, bytes } = withDictionary;
  const size = bytesText(bytes);
  const gain = `with a dictionary of ${size} ${percentText(ratio)} instead of ${percentText(without)}`;
  const isWorth = without - ratio >= MIN_DICTIONARY_GAIN;
  return [line("compression", "go", `${alone}; ${gain}${isWorth ? "" : ": not worth one"}`)];
}

function timeLine({ times }: Plan): CheckLine {
  const { scanMs, deriveMs, loadMs, totalMs } = times;
  const before = `reading and sorting ${durationText(scanMs)}, deriving ${durationText(deriveMs)}`;
  if (loadMs === null || totalMs === null) {
    return line("time", "go", `${before}; loading is not known without --to and --probe`);
  }
  const all = `${before}, loading ${durationText(loadMs)}: ${durationText(totalMs)} in all`;
  return line("time", "go", all);
}

function diskLine(check: string, { folder, neededBytes, freeBytes }: DiskPlan): CheckLine {
  const finding = `up to ${bytesText(neededBytes)} in ${folder}, ${bytesText(freeBytes)} are free`;
  if (neededBytes <= freeBytes) return line(check, "go", finding);
  const remedy =
    check === "disk for sorting"
      ? "Name a folder on a larger disk with --run-dir or --runs-dir, or load with --order source."
      : "Name a folder on a larger disk with --snapshot.";
  const code = check === "disk for sorting" ? "RUN_DISK_FULL" : "SNAPSHOT_NO_SPACE";
  return line(check, "no-go", finding, { code, remedy });
}

/** Rows of a target in words, for its lines. */
export function loadText({ rows, rowsPerSecond, loadMs }: Plan["targets"][number]): string {
  if (rowsPerSecond === null || loadMs === null) return `${rowsText(rows)}, speed not measured`;
  return `${rowsText(rows)} at ${countText(rowsPerSecond)} rows/s: ${durationText(loadMs)}`;
}
