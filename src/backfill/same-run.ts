import { resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions, LoadSettings } from "../load/load-settings.js";
import type { RunFile } from "../load/run-file.js";
import { parseColumnMapping } from "../source/columns.js";
import { findPaths } from "../source/find-paths.js";

const MAX_SHOWN = 200;

/**
 * Compares what a resumed run is given with how it was begun: rows that were
 * sorted or sent already were so under the earlier settings. What is not given
 * stays as it was.
 *
 * @throws OctoloadError RUN_OTHER
 */
export function requireSame(
  earlier: RunFile,
  options: BackfillOptions,
  settings: LoadSettings,
  runDir: string,
): void {
  const given = givenFacts(options, settings);
  const begun: Record<string, unknown> = { ...earlier, ...earlier.source, to: earlier.sinks };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || isSame(value, begun[name])) continue;
    throw otherRun(runDir, name, begun[name], value);
  }
  const { sources = [] } = options;
  if (sources.length > 0 && !areSameFiles(sources, earlier)) {
    throw otherRun(runDir, "sources", earlier.source.given, sources);
  }
}

function givenFacts(options: BackfillOptions, settings: LoadSettings): Record<string, unknown> {
  const { where, coerceText, limit, levels, table, dryRun, onCollision, snapshotDir } = options;
  const { changedOnly, columns, digests, frame, hot, order, prune, shard, sourceName, to } =
    options;
  return {
    ...{ where, coerceText, limit, levels, table, dryRun, onCollision, snapshotDir },
    ...{ changedOnly, digests, order, prune, hot },
    name: sourceName,
    to: to?.length ? to : undefined,
    columns: columns === undefined ? undefined : parseColumnMapping(columns),
    shard: shard === undefined ? undefined : settings.shard,
    frame: frame === undefined ? undefined : settings.frame.toJSON(),
  };
}

/** By the files that the names stand for here and now; where these are gone, by the names. */
function areSameFiles(sources: readonly string[], { source }: RunFile): boolean {
  const absolute = (paths: readonly string[]) => paths.map((path) => resolve(path));
  try {
    return isSame(absolute(findPaths(sources)), source.paths);
  } catch {
    return isSame(sources, source.given) || isSame(absolute(sources), source.paths);
  }
}

/** Both as JSON holds them; an object's keys in any order. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sortKeys) === JSON.stringify(b, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function otherRun(runDir: string, name: string, begun: unknown, given: unknown): OctoloadError {
  return new OctoloadError(
    "RUN_OTHER",
    `the run in ${runDir} was begun with ${name} ${shown(begun)}, now it is ${shown(given)}`,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
