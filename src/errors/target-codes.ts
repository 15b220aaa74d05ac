import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about targets. */
export const targetErrors = [
  {
    code: "TARGET_URL",
    cause: "A target's URL has an unknown scheme or parameter, or lacks a part.",
    remedy:
      "Give cassandra://<hosts>/<keyspace>?dc=NAME, sqlite:<path> or null:, each with ?layout=node or tile where that is wanted.",
  },
  {
    code: "TARGET_MISSING",
    cause: "There is no target at the path its URL names.",
    remedy: "Check the path, or load it first with `octoload backfill`.",
  },
  {
    code: "TARGET_NOT_DATABASE",
    cause: "The file that a target's URL names is no SQLite database.",
    remedy: "Name another path: octoload does not overwrite a file it did not make.",
  },
  {
    code: "TARGET_FOREIGN",
    cause: "The database that a target's URL names holds other things than octoload's.",
    remedy: "Name a new path, or a database that `octoload backfill` made.",
  },
  {
    code: "TARGET_SCHEMA",
    cause: "A target was made by a version of octoload whose schema or envelopes differ.",
    remedy: "Use the octoload release that made it or a newer one, or load into a new target.",
  },
  {
    code: "TARGET_FRAME",
    cause: "A target was made in another world frame.",
    remedy: "Use the frame that the message names, or load into a new target.",
  },
  {
    code: "TARGET_LAYOUT",
    cause: "A target was made with another layout.",
    remedy: "Put the layout that the message names into the URL, or load into a new target.",
  },
  {
    code: "TARGET_SOURCE",
    cause: "A target holds the rows of other sources than the one being loaded.",
    remedy: "Check the path; to add a source to the target on purpose, say --add-source.",
  },
  {
    code: "SOURCE_OVERLAP",
    cause:
      "A source to be added to a target has a cell that lies in, around or in place of one of another source there.",
    remedy:
      "Load the files together as one source, or this one into a target of its own. A newer version of a source goes by the same --source-name.",
  },
  {
    code: "TARGET_COLUMNS",
    cause: "A number of unmapped columns' sets stands for other columns in the target.",
    remedy: "Start the run over with --restart: its sets are then numbered to fit the target.",
  },
  {
    code: "TARGET_FULL",
    cause: "There is no space left where the target lies; what was acknowledged before is safe.",
    remedy: "Free some space, then run the same command again: it resumes.",
  },
  {
    code: "TARGET_LOCKED",
    cause: "Another process is using the target in a way that excludes this one.",
    remedy: "Wait until the other run has ended, or stop it, then run the same command again.",
  },
  {
    code: "TARGET_FAILED",
    cause: "A target could not be opened, read or written.",
    remedy: "Check the path, its permissions and its disk, then run the same command again.",
  },
  {
    code: "SINK_BATCH_FAILED",
    cause: "A target refused a batch because of one of its rows; nothing of it was written.",
    remedy: "Look at the row's dead letter: it names the rule of the target that it broke.",
  },
] as const satisfies readonly ErrorEntry[];
