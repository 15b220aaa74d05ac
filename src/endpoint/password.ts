import { readFileSync } from "node:fs";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Where a process finds what must not stand in a URL. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of a kind of server, and what their faults are called. */
export interface PasswordVariables {
  readonly password: string;
  readonly passwordFile: string;
  readonly code: Extract<ErrorCode, "CASSANDRA_SECRETS" | "REDIS_SECRETS">;
}

/**
 * The password to log in with; undefined: none is set. Of a password file the end of its last line
 * does not belong to the password. An empty variable counts as unset.
 *
 * @throws OctoloadError of the variables' code
 */
export function readPassword(env: Environment, variables: PasswordVariables): string | undefined {
  const password = env[variables.password] || undefined;
  const path = env[variables.passwordFile] || undefined;
  if (path === undefined) return password;
  const invalid = (fault: string) => new OctoloadError(variables.code, fault);
  if (password !== undefined) {
    throw invalid(`${variables.password} and ${variables.passwordFile} are both set`);
  }
  const text = readFile(path, variables).replace(/\r?\n$/, "");
  const file = `${variables.passwordFile}: ${JSON.stringify(path)}`;
  if (text === "") throw invalid(`${file} is empty`);
  if (/[\0\r\n]/.test(text)) throw invalid(`${file} holds more than one line`);
  return text;
}

function readFile(path: string, { passwordFile, code }: PasswordVariables): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OctoloadError(code, `${passwordFile} cannot be read: ${reason}`, { cause });
  }
}
