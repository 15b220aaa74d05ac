import type { ErrorCode } from "./codes.js";
import { OctoloadError } from "./octoload-error.js";

/**
 * Errors whose remedy is another command line or setting, and which end a command before anything
 * is written; all others are failures.
 */
const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ARG_LENGTH",
  "ARG_RANGE",
  "ARG_TYPE",
  "BOX_INVALID",
  "BOX_TOO_LARGE",
  "CASSANDRA_AUTH",
  "CASSANDRA_DC",
  "CASSANDRA_DRIVER_VERSION",
  "CASSANDRA_KEYSPACE",
  "CASSANDRA_PERMISSION",
  "CASSANDRA_REFUSED",
  "CASSANDRA_REPLICATION",
  "CASSANDRA_SECRETS",
  "CASSANDRA_TLS",
  "CASSANDRA_UNREACHABLE",
  "CASSANDRA_VERSION",
  "CLOCK_SKEW",
  "CODE_OUT_OF_RANGE",
  "COVER_TOO_FINE",
  "FRAME_INVALID",
  "FRAME_UNKNOWN",
  "GENERATE_OPTIONS",
  "KERNEL_UNAVAILABLE",
  "KERNEL_UNKNOWN",
  "LEVEL_INVALID",
  "OUTPUT_EXISTS",
  "OUT_OF_FRAME",
  "REDRIVE_LATE",
  "REDRIVE_UNFINISHED",
  "RUN_FINISHED",
  "RUN_NOT_ACTIVE",
  "RUN_NOT_FOUND",
  "RUN_OTHER",
  "RUN_SUPERSEDED",
  "SCHEMA_OPTION",
  "SETTINGS_INVALID",
  "SOURCE_EMPTY",
  "SOURCE_MAPPING",
  "SOURCE_MISSING",
  "SOURCE_NEEDS_WRITE",
  "SOURCE_NOT_DATABASE",
  "SOURCE_NOT_FILE",
  "SOURCE_OVERLAP",
  "SOURCE_TABLE_AMBIGUOUS",
  "SOURCE_TABLE_MISSING",
  "SOURCE_TABLE_UNFIT",
  "SOURCE_UTF16",
  "SOURCE_WHERE",
  "TARGET_COLUMNS",
  "TARGET_FOREIGN",
  "TARGET_FRAME",
  "TARGET_LAYOUT",
  "TARGET_MISSING",
  "TARGET_NOT_DATABASE",
  "TARGET_SCHEMA",
  "TARGET_SOURCE",
  "TARGET_URL",
  "USAGE",
  "WRITE_TIMES_DIFFER",
  "WRITE_TIMES_USED_UP",
]);

/** Whether a command that ends with the error has written nothing and was used wrongly. */
export function isUsageError(error: unknown): boolean {
  return error instanceof OctoloadError && usageCodes.has(error.code) && !error.isLate;
}
