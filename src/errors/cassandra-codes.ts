import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about Cassandra. */
export const cassandraErrors = [
  {
    code: "CASSANDRA_UNREACHABLE",
    cause: "None of the contact points answered.",
    remedy: "Check the hosts and the port in the target's URL, and that the nodes are up.",
  },
  {
    code: "CASSANDRA_AUTH",
    cause: "The cluster does not accept the user and the password, or wants some.",
    remedy: "Set OCTOLOAD_CASSANDRA_USERNAME and OCTOLOAD_CASSANDRA_PASSWORD, or …_PASSWORD_FILE.",
  },
  {
    code: "CASSANDRA_SECRETS",
    cause: "The settings that hold user and password are incomplete, or their file is unreadable.",
    remedy: "Set OCTOLOAD_CASSANDRA_USERNAME and OCTOLOAD_CASSANDRA_PASSWORD, or …_PASSWORD_FILE.",
  },
  {
    code: "CASSANDRA_TLS",
    cause: "No encrypted connection: a certificate is not trusted, expired or of another host.",
    remedy: "Check ca, cert, key and tls-name in the target's URL, and the nodes' certificates.",
  },
  {
    code: "CASSANDRA_DC",
    cause: "The URL names a data centre that the cluster does not have, or none of several.",
    remedy: "Put one of the data centres that the message names into the URL: ?dc=NAME.",
  },
  {
    code: "CASSANDRA_KEYSPACE",
    cause: "The cluster has no keyspace of the name in the target's URL.",
    remedy: "Check the name, or create keyspace and tables: `octoload schema --to URL --apply`.",
  },
  {
    code: "CASSANDRA_VERSION",
    cause: "A node runs an older Cassandra than octoload loads into.",
    remedy: "Upgrade all nodes to Cassandra 4.0 or newer.",
  },
  {
    code: "CASSANDRA_PERMISSION",
    cause: "The user may not do in the cluster what was asked for.",
    remedy: "Grant the user what the message names: loads need SELECT and MODIFY, schema CREATE.",
  },
  {
    code: "CASSANDRA_UNAVAILABLE",
    cause: "Too few replicas are up for the consistency level.",
    remedy: "Bring the nodes up again, or ask for a lower level with ?consistency= in the URL.",
  },
  {
    code: "CASSANDRA_TIMEOUT",
    cause: "The cluster did not answer in time; what it was asked may have been done.",
    remedy: "Look at the nodes' load and logs, then run the same command again.",
  },
  {
    code: "CASSANDRA_REFUSED",
    cause: "The cluster takes a statement for invalid: its settings forbid it, or it is too old.",
    remedy: "Look at the message, which is the server's.",
  },
  {
    code: "CASSANDRA_DISAGREEMENT",
    cause: "The nodes did not agree on the schema in time.",
    remedy: "Wait until `nodetool describecluster` shows one schema version, then run it again.",
  },
  {
    code: "CASSANDRA_FAILED",
    cause: "The cluster, or the connection to it, failed in a way octoload has no name for.",
    remedy: "Look at the message and the nodes' logs, then run the same command again.",
  },
  {
    code: "CASSANDRA_DRIVER_VERSION",
    cause: "The installed cassandra-driver is not the one whose internals octoload knows.",
    remedy:
      "Reinstall with `npm ci`, or load with --plain-driver, which uses its public API alone.",
  },
  {
    code: "CASSANDRA_NODE_UNKNOWN",
    cause: "A node that frames are meant for is not, or no longer, part of the cluster.",
    remedy: "Run the same command again: the nodes are looked up anew.",
  },
  {
    code: "CASSANDRA_PREPARE",
    cause: "A node refused to prepare a statement, or the nodes describe it differently.",
    remedy: "Check the tables with `octoload schema --to URL --check`.",
  },
  {
    code: "CASSANDRA_REPLICATION",
    cause: "The keyspace has no replicas in the data centre of the target's URL.",
    remedy: "Correct ?dc= in the URL, or give the keyspace a replication factor there.",
  },
  {
    code: "ROW_INCOMPLETE",
    cause: "A row of the target lacks a column that octoload always writes: another program did.",
    remedy: "Look at its copies with `octoload trace`, then load the row again.",
  },
  {
    code: "BOX_TOO_LARGE",
    cause: "The box needs more reads of the cluster than one query may take.",
    remedy:
      "Ask for a smaller box or coarser levels (--level a..b), export the target, or load it in layout tile, which reads 32,768 neighbours at once.",
  },
  {
    code: "CASSANDRA_OUTAGE",
    cause:
      "Rows could not be written for longer than the outage timeout: too few of their nodes are up, or none acknowledges.",
    remedy:
      "Bring the nodes up again, then run the same command: it goes on from its checkpoint. --outage-timeout makes it wait longer.",
  },
  {
    code: "CASSANDRA_SCHEMA_LOST",
    cause: "A table or its keyspace was dropped or altered while rows were being written.",
    remedy:
      "Check with `octoload schema --to URL --check`, restore the tables, then run the same command: it goes on from its checkpoint.",
  },
  {
    code: "CASSANDRA_ACCESS_LOST",
    cause: "The user's permission to write was taken away while rows were being written.",
    remedy:
      "Grant MODIFY on the keyspace again, then run the same command: it goes on from its checkpoint.",
  },
  {
    code: "SCHEMA_OPTION",
    cause: "An option of the tables is out of its range, or does not fit the cluster.",
    remedy: "Pass a value within the range that the message states.",
  },
  {
    code: "CLOCK_SKEW",
    cause: "This process's clock differs from the Cassandra coordinator's by more than a second.",
    remedy: "Set both clocks by NTP (chrony, timedatectl set-ntp true), then start again.",
  },
  {
    code: "WRITE_TIMES_USED_UP",
    cause: "Since T0 was set, as many runs were begun as there are write timestamps before it.",
    remedy:
      "Finish the migration; or, if the target is disposable, stop the services and reset T0 by migrate dual-write off --reset-t0 --target-is-disposable.",
  },
  {
    code: "WRITE_TIMES_DIFFER",
    cause: "The targets of a run need different write timestamps, and a run has one.",
    remedy: "Load them in runs of their own.",
  },
  {
    code: "CASSANDRA_REPAIR",
    cause: "A node was down for longer than the others keep what it missed.",
    remedy: "Run the repair that the message names; until then that node answers with old rows.",
  },
  {
    code: "RUN_SUPERSEDED",
    cause: "A later run has pruned the table: what this one wrote now would stay as a stray row.",
    remedy:
      "Start a new run: what this one has not sent yet would bring back rows that a later one removed.",
  },
  {
    code: "STATE_BUSY",
    cause:
      "The target's state could not be changed within the time: others change it all the time, or too few replicas answer.",
    remedy: "See that the nodes are up and that no other process is stuck, then try again.",
  },
  {
    code: "STATE_DAMAGED",
    cause: "The target's state table holds a value that octoload did not write.",
    remedy: "Restore octoload_state from a backup; do not guess: live writes may be lost.",
  },
] as const satisfies readonly ErrorEntry[];
