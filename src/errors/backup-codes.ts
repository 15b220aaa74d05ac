import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about backups, restores and protected runs. */
export const backupErrors = [
  {
    code: "BACKUP_NOT_FOUND",
    cause: "The folder is not there, or is not a backup that octoload made.",
    remedy: "Name the folder that `octoload backup --out` was given.",
  },
  {
    code: "BACKUP_UNFINISHED",
    cause: "The backup was broken off before it was complete, and cannot be restored.",
    remedy: "Make it again with the same command: what is left of the first try is replaced.",
  },
  {
    code: "BACKUP_VERSION",
    cause: "The backup was made by a version of octoload whose format this one does not read.",
    remedy: "Restore it with the version that its manifest.json names, or a newer one.",
  },
  {
    code: "BACKUP_DAMAGED",
    cause: "A file of the backup is missing, or its bytes are not those that were written.",
    remedy: "Take another copy of the backup; nothing was restored from this one.",
  },
  {
    code: "BACKUP_IN_USE",
    cause: "Another process is making the same backup.",
    remedy: "Wait until it has ended, or give another folder with --out.",
  },
  {
    code: "BACKUP_NO_SPACE",
    cause: "The disk has too little room for the backup, or for what is restored from it.",
    remedy: "Free some, or choose a folder on another disk.",
  },
  {
    code: "BACKUP_CHANGED",
    cause: "Rows were loaded into the target while it was backed up: the backup would mix states.",
    remedy: "Back up again when no load goes on.",
  },
  {
    code: "BACKUP_COLUMNS",
    cause: "The target's table has columns that octoload did not make, which it cannot keep.",
    remedy: "Back up with `nodetool snapshot` on each node, or drop those columns.",
  },
  {
    code: "BACKUP_NO_ROWS",
    cause: "The backup names snapshots on the nodes, and holds no rows itself (--no-export).",
    remedy: "Restore the snapshots on each node: docs/backup.md has the commands.",
  },
  {
    code: "BACKUP_KIND",
    cause: "The backup is of another kind of thing than it is to be restored to.",
    remedy:
      "Give a source's backup a path, an embedded target's sqlite:PATH, and one of Cassandra cassandra://….",
  },
  {
    code: "RESTORE_NEEDS_REPLACE",
    cause: "The target holds something, which a restore would replace.",
    remedy: "Add --replace when what it holds now may go, or restore to another place.",
  },
  {
    code: "RESTORE_HIDDEN",
    cause:
      "The server hides the backup's values: their column was dropped after they were written.",
    remedy: "Restore into another keyspace, or drop the table, make it anew and restore again.",
  },
  {
    code: "RESTORE_DIFFERS",
    cause: "What was restored was read back and is not what the backup holds.",
    remedy: "See that nothing else writes to the target, then run the same command again.",
  },
  {
    code: "TARGET_LIVE",
    cause: "Dual write is on: services write to the target, and a restore would undo their rows.",
    remedy: "Switch it off first: `octoload migrate dual-write off --to URL`.",
  },
  {
    code: "TARGET_RESTORING",
    cause: "A restore of the target goes on, or was broken off: what it holds is not complete.",
    remedy: "Run the restore (again) to its end; it starts over by itself.",
  },
  {
    code: "TARGET_LATER_RUN",
    cause: "Another run has loaded into the target since, and putting it back would undo that too.",
    remedy: "Look at the runs; then put it back with `octoload restore DIR --to URL --replace`.",
  },
  {
    code: "NODETOOL_FAILED",
    cause: "The program nodetool could not be run, or could not do what it was asked.",
    remedy: "Check the path given with --nodetool, and that the node's JMX port is reachable.",
  },
] as const satisfies readonly ErrorEntry[];
