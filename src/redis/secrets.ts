import { readFileSync } from "node:fs";
import { OctoloadError } from "../errors/octoload-error.js";

/** Where a process finds what must not stand in a URL. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A user and the password, which neither inspection nor JSON shows. */
export class RedisCredentials {
  /** null: Redis's default user. */
  readonly username: string | null;
  readonly #password: string;

  constructor(username: string | null, password: string) {
    this.username = username;
    this.#password = password;
  }

  /** As ioredis takes them. What holds this must not be shown. */
  reveal(): { username?: string; password: string } {
    const password = this.#password;
    return this.username === null ? { password } : { username: this.username, password };
  }

  /** `text` without the password: for messages that come from elsewhere. */
  redact(text: string): string {
    return text.replaceAll(this.#password, "***");
  }
}

const USERNAME = "OCTOLOAD_REDIS_USERNAME";
const PASSWORD = "OCTOLOAD_REDIS_PASSWORD";
const PASSWORD_FILE = "OCTOLOAD_REDIS_PASSWORD_FILE";

/**
 * The user and password to log in with; undefined: none is set. Of a password file the end of its
 * last line does not belong to the password. An empty variable counts as unset.
 *
 * @param urlUsername goes before the environment's
 * @throws OctoloadError REDIS_SECRETS
 */
export function readRedisCredentials(
  env: Environment,
  urlUsername: string | null,
): RedisCredentials | undefined {
  const username = urlUsername ?? (env[USERNAME] || null);
  const password = readPassword(env);
  if (password !== undefined) return new RedisCredentials(username, password);
  if (username === null) return undefined;
  throw invalid(`the user is set, but neither ${PASSWORD} nor ${PASSWORD_FILE}`);
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
  return new OctoloadError("REDIS_SECRETS", fault, cause === undefined ? {} : { cause });
}
