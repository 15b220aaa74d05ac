import type { BackupHooks, BackupProgress } from "../backup/hooks.js";
import type { BackupContent, TableRows } from "../backup/manifest.js";
import type { CliIo } from "./io.js";
import { formatCount, formatRows } from "./progress-text.js";

/** What takes no longer says nothing while it runs; then it says something as often. */
const QUIET_MS = 2000;

/** Progress and notes on stderr. @param command for the lines of progress */
export function backupHooks(command: string, io: CliIo, signal: AbortSignal): BackupHooks {
  let last = performance.now();
  return {
    signal,
    onNote: (text) => io.stderr(`octoload: ${text}\n`),
    onProgress: (progress) => {
      if (performance.now() - last < QUIET_MS) return;
      last = performance.now();
      io.stderr(`${command}: ${progressText(progress)}\n`);
    },
  };
}

const steps: Readonly<Record<BackupProgress["step"], string>> = {
  copy: "copying",
  check: "reading checksums",
  export: "reading rows",
  count: "counting again",
  write: "writing",
  "read back": "reading back",
};

function progressText({ step, share, rows }: BackupProgress): string {
  const count = rows === undefined ? "" : `, ${formatRows(rows)}`;
  return `${steps[step]}, ${Math.floor(100 * share)} %${count}`;
}

/** What a backup holds, a line each: name and value. */
export function contentLines(content: BackupContent): string[][] {
  switch (content.kind) {
    case "source":
      return content.files.flatMap(({ tables }) => tableLines(tables));
    case "embedded":
      return [["layout", content.layout], ...tableLines(content.tables)];
    case "cassandra":
      return [
        ["keyspace", content.keyspace],
        ["layout", content.layout],
        ...(content.rows === null
          ? [["rows", "none (--no-export)"]]
          : [["rows", formatCount(content.rows.digest.rows)]]),
        ...content.snapshots.map(({ node, tag }) => ["snapshot", `${tag} on ${node}`]),
      ];
    default:
      return [["target", "was not there: to put it back means to remove it"]];
  }
}

/** A GeoPackage's and octoload's own small tables are left out. */
function tableLines(tables: readonly TableRows[]): string[][] {
  return tables
    .filter(({ name }) => !/^(gpkg|rtree|octoload)_/.test(name))
    .map(({ name, rows }) => [`table ${name}`, formatRows(rows)]);
}
