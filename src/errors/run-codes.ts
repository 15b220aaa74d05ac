import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about rows that are refused, and runs. */
export const runErrors = [
  {
    code: "COORDINATE_INVALID",
    cause: "X, Y or Z is NULL, a BLOB, or TEXT: not a number.",
    remedy: "Correct the value in the source, or use --coerce-text where TEXT holds a number.",
  },
  {
    code: "COORDINATE_INEXACT",
    cause: "X, Y or Z is an INTEGER beyond 2^53 that no double holds exactly.",
    remedy: "Correct the value in the source: a coordinate is a length in metres.",
  },
  {
    code: "LEVEL_CLASS",
    cause: "Level is not an INTEGER.",
    remedy: "Correct the value in the source, or use --coerce-text where TEXT holds an integer.",
  },
  {
    code: "LEVEL_TOO_DEEP",
    cause: "The row's level is below those the target's layout has keys for.",
    remedy: "Load into a target with layout=tile, which has levels 0 to 26.",
  },
  {
    code: "MATERIAL_INVALID",
    cause: "MaterialId is neither NULL nor an INTEGER of 32 bits.",
    remedy: "Correct the value in the source, or use --coerce-text where TEXT holds an integer.",
  },
  {
    code: "KEY_COLLISION",
    cause: "Another row has the same level and code, and is newer.",
    remedy: "Remove one of the rows from the source, or accept that the newest is loaded.",
  },
  {
    code: "CREATED_UNREADABLE",
    cause: "Created is a value that is no time. The row is loaded and keeps the value.",
    remedy: "Nothing has to be done; such a row counts as the oldest where rows share a key.",
  },
  {
    code: "TOO_MANY_MATERIALS",
    cause: "MaterialId has so many distinct values that homogeneity cannot be computed in memory.",
    remedy: "Check the mapping of MaterialId: it is a class, not an identifier of its own.",
  },
  {
    code: "ROW_REFUSED",
    cause: "The target refused this very row.",
    remedy: "Look at the message, which is the target's: a constraint, a trigger or a limit of it.",
  },
  {
    code: "MAX_ERRORS",
    cause: "More rows were rejected than --max-errors allows.",
    remedy: "Look at the dead letters; correct the source, or go on with a higher --max-errors.",
  },
  {
    code: "BASELINE_MISSING",
    cause:
      "What the target should hold is not known from its last run or validation: --changed-only.",
    remedy: "Do without --changed-only once; or name the folder of the runs with --runs-dir.",
  },
  {
    code: "ROWS_UNACCOUNTED",
    cause: "Rows read, loaded, rejected and skipped do not add up. It is octoload's own fault.",
    remedy: "Do not rely on the target; report it with the run's directory, and load again.",
  },
  {
    code: "RUN_IN_USE",
    cause: "Another process is at work on this run directory.",
    remedy: "Wait for it, stop it, or give this run another --run-dir.",
  },
  {
    code: "RUN_FINISHED",
    cause: "The run in this directory has ended.",
    remedy: "Use another --run-dir, or --restart to load everything again.",
  },
  {
    code: "RUN_OTHER",
    cause: "The run in this directory was begun with other sources, targets or settings.",
    remedy: "Resume it as it was begun, use --restart, or another --run-dir.",
  },
  {
    code: "REDRIVE_UNFINISHED",
    cause: "The run whose dead letters are to be loaded has not come to its end.",
    remedy: "Let it end first: `octoload backfill --run-dir DIR` goes on with it.",
  },
  {
    code: "REDRIVE_LATE",
    cause: "Another load has written to the target since, so its rows are not that run's any more.",
    remedy: "Redrive the later run, or load the source again with `octoload backfill`.",
  },
  {
    code: "REDRIVE_ROW_GONE",
    cause: "A row that was to be loaded again is not in the source any more.",
    remedy:
      "Nothing has to be done if it was deleted on purpose; else restore it and redrive again.",
  },
  {
    code: "PLAN_INVALID",
    cause: "The file given as a plan is none, or one of another version of octoload.",
    remedy: "Write one with `octoload inspect SOURCE --to URL --out FILE`, or leave --plan out.",
  },
  {
    code: "PRUNE_FILTERED",
    cause: "A prune deletes what the source lacks, and the run was told to leave rows of it out.",
    remedy: "Prune with a load of the whole source, without filters and shards.",
  },
  {
    code: "PRUNE_KEYLESS",
    cause: "Rows were rejected whose cells are not known, so that a prune might delete them.",
    remedy:
      "Correct the rows that the run directory's dead letters name, or load without --prune (--restart).",
  },
  {
    code: "PRUNE_SOURCES",
    cause: "The target holds several sources' rows, and a prune would delete the others'.",
    remedy: "Load without --prune (--restart), or each source into a target of its own.",
  },
  {
    code: "PRUNE_UNSUPPORTED",
    cause: "The target, or the order the run loads in, does not allow a prune.",
    remedy: "Load without --prune, or into Cassandra or an embedded target in the order of keys.",
  },
  {
    code: "RUN_DISK_FULL",
    cause: "The run directory's disk has too little room for the sorted files.",
    remedy: "Free some, or put the run directory elsewhere; the same command then goes on.",
  },
  {
    code: "RUN_DISK_FAILED",
    cause: "The run directory could not be read or written.",
    remedy: "Check the folder, its permissions and its disk; the same command then goes on.",
  },
  {
    code: "RUN_MEMORY",
    cause: "The memory for sorting does not suffice.",
    remedy: "Give more with --memory, or free some.",
  },
  {
    code: "SPILL_DAMAGED",
    cause: "A sorted file of the run is not what was written.",
    remedy: "Start over with --restart: rows sent twice change nothing in the target.",
  },
] as const satisfies readonly ErrorEntry[];
