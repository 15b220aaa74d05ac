import { isUsageError } from "../errors/usage-codes.js";

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

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  return isUsageError(error) ? exitCodes.badUsage : exitCodes.failure;
}
