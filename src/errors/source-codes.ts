import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about sources. */
export const sourceErrors = [
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
] as const satisfies readonly ErrorEntry[];
