// Longer than a file should be, because it is one table: the page of all errors is
// written from it, and a code is found in one place.

import { cassandraErrors } from "./cassandra-codes.js";
import type { ErrorEntry } from "./error-entry.js";
import { hotErrors } from "./hot-codes.js";
import { redisErrors } from "./redis-codes.js";

/**
 * Every error code octoload reports, in the order docs/errors.md lists them.
 * That page is written from this table by scripts/generate-docs.ts.
 */
export const errorTable = [
  {
    code: "ARG_TYPE",
    cause: "An argument is not of the type the function takes.",
    remedy: "Pass the type the message names.",
  },
  {
    code: "ARG_LENGTH",
    cause: "An array has another length than its neighbours or the function's shape require.",
    remedy: "Make all arrays of one call describe the same number of rows.",
  },
  {
    code: "ARG_RANGE",
    cause: "A number is outside the interval its parameter allows.",
    remedy: "Pass a value within the interval the message states.",
  },
  {
    code: "ARG_DETACHED",
    cause: "A typed array's buffer was transferred or detached, so its memory is gone.",
    remedy: "Pass the array that owns the memory now, or copy it before transferring.",
  },
  {
    code: "ARG_SHARED",
    cause: "A typed array lies on a SharedArrayBuffer, which another thread can write meanwhile.",
    remedy: "Copy the values into an array with a buffer of its own, for example with slice().",
  },
  {
    code: "ARG_RESIZABLE",
    cause: "A typed array lies on a resizable ArrayBuffer, which can shrink while it is in use.",
    remedy: "Copy the values into an array of fixed length, for example with slice().",
  },
  {
    code: "ARG_OVERLAP",
    cause: "An output array shares memory with another argument of the same call.",
    remedy: "Give every output memory that no other argument of the call uses.",
  },
  {
    code: "LEVEL_INVALID",
    cause: "A level is not an integer the function takes: 0 to 26, or 0 to 21 for whole codes.",
    remedy:
      "Use an integer level from 0 to 26; above 21 use tile and cell in place of whole codes.",
  },
  {
    code: "OUT_OF_FRAME",
    cause: "A point is outside the world frame, or one of its coordinates is not a number.",
    remedy: "Correct the coordinate, or choose the frame the data was measured in.",
  },
  {
    code: "CODE_OUT_OF_RANGE",
    cause: "A Morton code, tile, cell or index is negative or above the highest of its level.",
    remedy: "Check that code and level belong together: a code at level L has 3 x L bits.",
  },
  {
    code: "FRAME_INVALID",
    cause: "A world frame's description is incomplete or describes no box.",
    remedy: "Give name, min [x,y,z] and size [x,y,z] in metres, finite, with every size above 0.",
  },
  {
    code: "FRAME_UNKNOWN",
    cause: "A frame's name is not a built-in one and no file of that path exists.",
    remedy: "Use centred, bluemarble, or the path of a frame file (JSON).",
  },
  {
    code: "BOX_INVALID",
    cause: "A box has a minimum above its maximum, or a corner that is not a number.",
    remedy: "Give min and max as [x,y,z] in metres, with min at most max on every axis.",
  },
  {
    code: "COVER_TOO_FINE",
    cause: "An exact cover of the box would take more code ranges than a call may return.",
    remedy: "Set maxRanges for a cover with some extra cells, use a lower level or a smaller box.",
  },
  {
    code: "KERNEL_UNKNOWN",
    cause: "The kernel asked for does not exist.",
    remedy: "Use one that `octoload doctor` lists, or none: the fastest is chosen by itself.",
  },
  {
    code: "KERNEL_UNAVAILABLE",
    cause: "The kernel asked for exists but cannot run on this processor or in this build.",
    remedy: "Use one that `octoload doctor` lists as runnable, or none at all.",
  },
  {
    code: "KERNEL_WRONG",
    cause: "A kernel's results differ from the scalar kernel's, which must never happen.",
    remedy: "Report it with the output of `octoload doctor --json`; use kernel scalar meanwhile.",
  },
  {
    code: "NATIVE_MISSING",
    cause: "The native addon was not found or could not be loaded.",
    remedy:
      "Install a C++20 compiler, make and Python 3, then run `npm rebuild octoload` (in a checkout: `npm run build:native`).",
  },
  {
    code: "NATIVE_MISMATCH",
    cause: "The native addon was built for another version of octoload or of Node.",
    remedy: "Run `npm rebuild octoload` (in a checkout: `npm run build:native`).",
  },
  {
    code: "OUTPUT_TOO_SMALL",
    cause: "An output buffer cannot hold the result; nothing in it counts.",
    remedy: "Give outputs of the size that envelopeBound() or decodedBound() returns.",
  },
  {
    code: "TOO_LARGE",
    cause: "A value or a batch is larger than the format, or the target's server, allows.",
    remedy:
      "Keep a value within 16 MiB and an envelope within 64 MiB, or less where the server takes less.",
  },
  {
    code: "DICTIONARY_INVALID",
    cause: "A compression dictionary has no valid number or length.",
    remedy: "Give a number from 1 to 4294967295 and from 1 to 65536 bytes.",
  },
  {
    code: "ENVELOPE_KIND",
    cause: "A value has a storage class that is unknown or not allowed in its column.",
    remedy: "Correct the row in the source, or map the column to one that allows that class.",
  },
  {
    code: "ENVELOPE_SLOT",
    cause: "A TEXT or BLOB value points outside the batch's byte buffer.",
    remedy: "Pack each slot as offset + length * 2^32, both within the bytes handed over.",
  },
  {
    code: "ENVELOPE_NOT_INTEGER",
    cause: "A coordinate is declared INTEGER but its number is not a 64-bit integer.",
    remedy: "Declare the coordinate REAL, or pass the integer the source holds.",
  },
  {
    code: "ENVELOPE_TRUNCATED",
    cause: "An envelope's bytes end before its content does.",
    remedy: "Read the row again; if it stays so, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_VERSION",
    cause: "An envelope is of a version that this build does not read.",
    remedy: "Use the octoload release that wrote it, or a newer one.",
  },
  {
    code: "ENVELOPE_MALFORMED",
    cause: "An envelope has a flag, kind, width or length that the format forbids.",
    remedy: "Read the row again; if it stays so, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_LZ4",
    cause: "An envelope's LZ4 block does not decompress to the length it states.",
    remedy: "Read the row again; if it stays so, load the row anew from the source.",
  },
  {
    code: "ENVELOPE_DICTIONARY_UNKNOWN",
    cause: "An envelope was compressed with a dictionary that was not given.",
    remedy: "Read the target's dictionaries first and give the one of that number.",
  },
  {
    code: "ENVELOPE_CHECKSUM",
    cause: "An envelope's content, key or frame is not the one it was encoded with.",
    remedy: "Check level, code and frame; if they are right, load the row anew from the source.",
  },
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
  {
    code: "SOURCE_MISSING",
    cause: "A source file does not exist, or no file matches a pattern.",
    remedy: "Check the path; quote a pattern so that the shell leaves it to octoload.",
  },
  {
    code: "SOURCE_NOT_FILE",
    cause: "What was named as a source is a folder or another thing that is no regular file.",
    remedy: "Name the database file itself, or a pattern such as 'folder/*.gpkg'.",
  },
  {
    code: "SOURCE_EMPTY",
    cause: "A source file has no content at all.",
    remedy: "Check how the file came here; a database of no rows has at least one page.",
  },
  {
    code: "SOURCE_NOT_DATABASE",
    cause:
      "A source file is not an SQLite database, or it is encrypted: without its key the two look alike.",
    remedy: "Name a GeoPackage or SQLite file; export an encrypted database to a plain one first.",
  },
  {
    code: "SOURCE_DAMAGED",
    cause: "A source database is truncated or damaged.",
    remedy: "Copy the file again, or save what is left with `sqlite3 FILE .recover`.",
  },
  {
    code: "SOURCE_UTF16",
    cause: "A source database stores its text as UTF-16; octoload reads UTF-8.",
    remedy: "Convert it with `sqlite3 OLD .dump | sqlite3 NEW` and use the new file.",
  },
  {
    code: "SOURCE_NEEDS_WRITE",
    cause:
      "A source database cannot be read without writing beside it, and that is not possible here.",
    remedy:
      "Copy the file, together with its -wal or -journal file, to a folder you can write to, and use the copy.",
  },
  {
    code: "SOURCE_LOCKED",
    cause: "Another program holds an exclusive lock on a source database.",
    remedy: "Wait until it has finished writing, or stop it, then try again.",
  },
  {
    code: "SOURCE_CHANGED",
    cause: "A source database was changed while it was in use as the source.",
    remedy: "Stop the program that writes it, or use --snapshot DIR, which reads a private copy.",
  },
  {
    code: "SOURCE_READ_FAILED",
    cause: "A source file cannot be opened or read.",
    remedy:
      "See the reason in the message: mostly permissions, or a disk or network drive that fails.",
  },
  {
    code: "SOURCE_TABLE_MISSING",
    cause: "A source file has no table of the name or with the columns that are needed.",
    remedy:
      "Name the table with --table, or give a mapping file that says what its columns are called.",
  },
  {
    code: "SOURCE_TABLE_AMBIGUOUS",
    cause: "Several tables of a source file have the columns that are needed.",
    remedy: "Name one with --table.",
  },
  {
    code: "SOURCE_TABLE_UNFIT",
    cause: "The table is of a kind that cannot be read by ranges of its rowids.",
    remedy: "Copy its rows into an ordinary table: CREATE TABLE nodes AS SELECT * FROM it.",
  },
  {
    code: "SOURCE_MAPPING",
    cause: "A column mapping is not of the form it must have.",
    remedy: 'Write a JSON object such as {"x": "east", "y": "north", "density": null}.',
  },
  {
    code: "SOURCE_WHERE",
    cause: "A filter is not one SQL expression over the columns of the table.",
    remedy: 'Give what stands after WHERE in SQL, such as "Level >= 8 AND MaterialId = 3".',
  },
  {
    code: "SNAPSHOT_NO_SPACE",
    cause: "The folder for the private copy has too little free space.",
    remedy: "Free some space, or name a folder on another disk with --snapshot.",
  },
  {
    code: "SNAPSHOT_FAILED",
    cause: "The private copy of a source could not be made.",
    remedy: "See the reason in the message; the source itself is unharmed.",
  },
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
  ...cassandraErrors,
  ...hotErrors,
  ...redisErrors,
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
