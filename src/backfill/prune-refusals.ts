import { MAX_LEVEL } from "../encoding/level.js";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { LoadSettings } from "../load/load-settings.js";
import type { RunFile } from "../load/run-file.js";
import { requireOnlySource } from "../sink/target-prune.js";
import type { LetterCounts } from "./accounts.js";
import type { KnownTarget } from "./write-time.js";

/** Rows of which level or place are not known; any other fault leaves a row its key. */
const keylessCodes: ReadonlySet<string> = new Set<ErrorCode>([
  "COORDINATE_INEXACT",
  "COORDINATE_INVALID",
  "LEVEL_CLASS",
  "LEVEL_INVALID",
  "OUT_OF_FRAME",
]);

/**
 * Whoever prunes has to know every key of the source.
 *
 * @throws OctoloadError PRUNE_FILTERED
 */
export function requireAllRows({ prune, where, limit, levels, shard }: LoadSettings): void {
  if (!prune) return;
  const filters = [
    ...(where === null ? [] : ["--where"]),
    ...(limit === null ? [] : ["--limit"]),
    ...(levels.min === 0 && levels.max === MAX_LEVEL ? [] : ["--levels"]),
    ...(shard === null ? [] : ["--shard"]),
  ];
  if (filters.length === 0) return;
  throw new OctoloadError("PRUNE_FILTERED", `--prune does not go with ${filters.join(" and ")}`);
}

/**
 * What of the targets is known beforehand; they are asked again when all is loaded.
 *
 * @throws OctoloadError PRUNE_UNSUPPORTED, PRUNE_SOURCES
 */
export function requirePrunable(
  { source, order }: Pick<RunFile, "source" | "order">,
  targets: readonly KnownTarget[],
): void {
  if (order === "source") {
    throw new OctoloadError(
      "PRUNE_UNSUPPORTED",
      "--prune does not go with --order source, which has no keys in the target's order",
    );
  }
  for (const { sink, recorded } of targets) {
    if (sink.beginPrune === undefined) {
      throw new OctoloadError("PRUNE_UNSUPPORTED", `${sink.url} keeps no rows to delete`);
    }
    requireOnlySource(sink.url, recorded.meta?.sources ?? [], source.name);
  }
}

/**
 * A rejected row keeps its key; of one without a key nobody can say which that is.
 *
 * @throws OctoloadError PRUNE_KEYLESS
 */
export function requireAllKeys(letters: LetterCounts): void {
  const keyless = letters.filter(({ code }) => keylessCodes.has(code));
  const rows = keyless.reduce((sum, letter) => sum + letter.rows, 0);
  if (rows === 0) return;
  const codes = keyless.map(({ code }) => code).join(", ");
  throw new OctoloadError(
    "PRUNE_KEYLESS",
    `${rows} rows were rejected without a key (${codes}), and the target may hold theirs`,
  );
}
