import { auth } from "cassandra-driver";
import type { Credentials } from "./secrets.js";

/** Logs in with user and password; unlike the driver's own provider it shows none when printed. */
export class PlainAuthProvider extends auth.PlainTextAuthProvider {
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    super(credentials.username, "");
    this.#credentials = credentials;
  }

  override newAuthenticator(): auth.Authenticator {
    const credentials = this.#credentials;
    return {
      initialResponse: (callback) => callback(null, credentials.saslPlain()),
      evaluateChallenge: (_challenge, callback) => callback(null, credentials.saslPlain()),
      onAuthenticationSuccess: () => undefined,
    };
  }
}
