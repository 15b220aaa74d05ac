import { type Environment, readPassword } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";

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
const variables = {
  password: "OCTOLOAD_REDIS_PASSWORD",
  passwordFile: "OCTOLOAD_REDIS_PASSWORD_FILE",
  code: "REDIS_SECRETS",
} as const;

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
  const password = readPassword(env, variables);
  if (password !== undefined) return new RedisCredentials(username, password);
  if (username === null) return undefined;
  throw invalid(`the user is set, but neither ${variables.password} nor ${variables.passwordFile}`);
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError(variables.code, fault);
}
