import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** What the process's exit code says; the same for every command. */
export const exitCodes = {
  done: 0,
  someRowsRejected: 1,
  stoppedAtMaxErrors: 2,
  badUsage: 3,
  interrupted: 4,
  failure: 5,
  differences: 6,
  answerIsNo: 7,
  notAllChecked: 8,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Errors whose remedy is another command line or setting; all others are failures. */
const usageErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ARG_LENGTH",
  "ARG_RANGE",
  "ARG_TYPE",
  "BOX_INVALID",
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
  "SETTINGS_INVALID",
  "SOURCE_EMPTY",
  "SOURCE_MAPPING",
  "SOURCE_MISSING",
  "SOURCE_NEEDS_WRITE",
  "SOURCE_NOT_DATABASE",
  "SOURCE_NOT_FILE",
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
]);

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  const isUsage = error instanceof OctoloadError && usageErrors.has(error.code);
  return isUsage ? exitCodes.badUsage : exitCodes.failure;
}
