import { type Environment, readPassword } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";

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
const variables = {
  password: "OCTOLOAD_CASSANDRA_PASSWORD",
  passwordFile: "OCTOLOAD_CASSANDRA_PASSWORD_FILE",
  code: "CASSANDRA_SECRETS",
} as const;

/**
 * The user and password to log in with; undefined: none is set. Of a password file the end of its
 * last line does not belong to the password. An empty variable counts as unset.
 *
 * @throws OctoloadError CASSANDRA_SECRETS
 */
export function readCredentials(env: Environment): Credentials | undefined {
  const username = env[USERNAME] || undefined;
  const password = readPassword(env, variables);
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined) {
    throw invalid(`a password is set, but the user is not: ${USERNAME} is missing`);
  }
  if (password === undefined) {
    throw invalid(
      `${USERNAME} is set, but neither ${variables.password} nor ${variables.passwordFile}`,
    );
  }
  return new Credentials(username, password);
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError(variables.code, fault);
}
