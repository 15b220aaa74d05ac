import { readFileSync } from "node:fs";
import { OctoloadError } from "../errors/octoload-error.js";

/** Where a process finds what must not stand in a URL. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A user and the password, which neither inspection nor JSON shows. */
export class Credentials {
  readonly username: string;
  readonly #password: string;

  constructor(username: string, password: string) {
    this.username = username;
    this.#password = password;
  }

  /** What SASL PLAIN sends (RFC 4616): no authorization identity, user, password. */
  saslPlain(): Buffer {
    return Buffer.from(`\0${this.username}\0${this.#password}`);
  }

  /** `text` without the password: for messages that come from elsewhere. */
  redact(text: string): string {
    return text.replaceAll(this.#password, "***");
  }
}

const USERNAME = "OCTOLOAD_CASSANDRA_USERNAME";
const PASSWORD = "OCTOLOAD_CASSANDRA_PASSWORD";
const PASSWORD_FILE = "OCTOLOAD_CASSANDRA_PASSWORD_FILE";

/**
 * The user and password to log in with; undefined: none is set. Of a password file the end of its
 * last line does not belong to the password. An empty variable counts as unset.
 *
 * @throws OctoloadError CASSANDRA_SECRETS
 */
export function readCredentials(env: Environment): Credentials | undefined {
  const username = env[USERNAME] || undefined;
  const password = readPassword(env);
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined) {
    throw invalid(`a password is set, but the user is not: ${USERNAME} is missing`);
  }
  if (password === undefined) {
    throw invalid(`${USERNAME} is set, but neither ${PASSWORD} nor ${PASSWORD_FILE}`);
  }
  return new Credentials(username, password);
}

function readPassword(env: Environment): string | undefined {
  const password = env[PASSWORD] || undefined;
  const path = env[PASSWORD_FILE] || undefined;
  if (path === undefined) return password;
  if (password !== undefined) throw invalid(`${PASSWORD} and ${PASSWORD_FILE} are both set`);
  const text = readFile(path).replace(/\r?\n$/, "");
  if (text === "") throw invalid(`${PASSWORD_FILE}: ${JSON.stringify(path)} is empty`);
  if (/[\0\r\n]/.test(text)) {
    throw invalid(`${PASSWORD_FILE}: ${JSON.stringify(path)} holds more than one line`);
  }
  return text;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(`${PASSWORD_FILE} cannot be read: ${reason}`, error);
  }
}

function invalid(fault: string, cause?: unknown): OctoloadError {
  return new OctoloadError("CASSANDRA_SECRETS", fault, cause === undefined ? {} : { cause });
}
