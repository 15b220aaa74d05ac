import { backupErrors } from "./backup-codes.js";
import { cassandraErrors } from "./cassandra-codes.js";
import { encodingErrors } from "./encoding-codes.js";
import type { ErrorEntry } from "./error-entry.js";
import { hotErrors } from "./hot-codes.js";
import { redisErrors } from "./redis-codes.js";
import { runErrors } from "./run-codes.js";
import { sourceErrors } from "./source-codes.js";
import { targetErrors } from "./target-codes.js";

/**
 * Every error code octoload reports, in the order docs/errors.md lists them.
 * That page is written from this table by scripts/generate-docs.ts.
 */
export const errorTable = [
  ...encodingErrors,
  {
    code: "GENERATE_OPTIONS",
    cause: "An option of generate is missing or outside what it allows.",
    remedy: "Correct the option the message names; see `octoload help generate`.",
  },
  {
    code: "OUTPUT_EXISTS",
    cause: "A file to be written exists already, or a database's journal of that name does.",
    remedy: "Choose another path, or pass --force (overwrite: true) to replace it.",
  },
  {
    code: "OUTPUT_FAILED",
    cause: "A file could not be written: no such folder, no permission, no space left.",
    remedy: "Correct what the message names, then run the command again.",
  },
  {
    code: "USAGE",
    cause: "A command was called with an argument or option it does not take.",
    remedy: "See `octoload help` and `octoload help <command>`.",
  },
  {
    code: "SETTINGS_INVALID",
    cause: "A setting from the environment or from octoload.json cannot be used.",
    remedy: "Correct the setting where the message says it comes from.",
  },
  {
    code: "RUN_NOT_FOUND",
    cause: "No run of that id or path is there.",
    remedy: "List the runs with `octoload runs`; name their folder with --runs-dir.",
  },
  {
    code: "RUN_NOT_ACTIVE",
    cause: "A run that is to be steered has ended, or its process is gone.",
    remedy: "Look at it with `octoload runs`; go on with `octoload backfill --run-dir DIR`.",
  },
  {
    code: "RUN_NO_ANSWER",
    cause: "A run's process did not confirm a change in time: it is stopped, stuck or very busy.",
    remedy:
      "Look with `octoload runs` whether it goes on; it takes the change when it looks again.",
  },
  ...sourceErrors,
  ...targetErrors,
  ...runErrors,
  ...cassandraErrors,
  ...hotErrors,
  ...redisErrors,
  ...backupErrors,
  {
    code: "VALIDATION_INTERRUPTED",
    cause: "A validation was ended by a signal before it had compared everything.",
    remedy: "Begin it again: it changes nothing but its own folder.",
  },
  {
    code: "INTERNAL",
    cause: "Something happened that octoload does not expect: a defect in it.",
    remedy: "Report it with the command, the message and the output of `octoload doctor --json`.",
  },
] as const satisfies readonly ErrorEntry[];

export type { ErrorEntry } from "./error-entry.js";

/** The stable name of an error, as in docs/errors.md. */
export type ErrorCode = (typeof errorTable)[number]["code"];

const entriesByCode: ReadonlyMap<string, ErrorEntry> = new Map(
  errorTable.map((entry) => [entry.code, entry]),
);

/** The table's row of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  const entry = entriesByCode.get(code);
  // Only a caller that bypassed the types gets here.
  if (entry === undefined) throw new RangeError(`no error code is called ${String(code)}`);
  return entry;
}
