import { errors, types } from "cassandra-driver";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { Credentials } from "./secrets.js";

/** What a message may say of a session. */
export interface ConnectFacts {
  /** The contact points. */
  readonly place: string;
  readonly credentials: Credentials | undefined;
  readonly isTls: boolean;
}

const codes = types.responseErrorCodes;

/** Of OpenSSL and Node.js: a certificate that is not to be trusted, a handshake that failed. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|EPROTO$)/;

/** OpenSSL's reason stands between numbers and places of its source. */
const OPENSSL_FAULT = /^\w*:?error:\w+:[^:]*:[^:]*:([^:]+):.*$/;

/** Why a session could not be opened, as one of octoload's errors. */
export function connectFailure(error: unknown, facts: ConnectFacts): OctoloadError {
  if (error instanceof OctoloadError) return error;
  const causes = causesOf(error);
  // A node that answers tells more than another that does not.
  const cause =
    causes.find(({ reason }) => connectCode(reason) !== "CASSANDRA_UNREACHABLE") ?? causes[0];
  const code = cause === undefined ? "CASSANDRA_UNREACHABLE" : connectCode(cause.reason);
  const place = cause?.host ?? facts.place;
  const text = messageOf(cause?.reason ?? error);
  const fault = `${place}: ${facts.credentials?.redact(text) ?? text}`;
  return new OctoloadError(code, `${fault}${hint(code, text, facts)}`);
}

/**
 * Why the server did not do what it was asked, as one of octoload's errors.
 *
 * @param what the request in a few words, such as "creating octree_nodes"
 */
export function requestFailure(error: unknown, what: string): OctoloadError {
  if (error instanceof OctoloadError) return error;
  const reasons = causesOf(error).map((cause) => cause.reason);
  // A node that answers tells more than another that is down.
  const reason = reasons.find((one) => one instanceof errors.ResponseError) ?? reasons[0] ?? error;
  const text = `${what}: ${messageOf(reason)}`;
  return new OctoloadError(requestCode(reason, error), text, { cause: error });
}

interface Cause {
  readonly host: string | undefined;
  readonly reason: unknown;
}

/** The driver gathers what each host answered. */
function causesOf(error: unknown): Cause[] {
  if (!(error instanceof errors.NoHostAvailableError)) return [{ host: undefined, reason: error }];
  const inner: Readonly<Record<string, unknown>> = error.innerErrors ?? {};
  const causes = Object.entries(inner).map(([host, reason]) => ({ host, reason }));
  return causes.length > 0 ? causes : [{ host: undefined, reason: error }];
}

function connectCode(reason: unknown): ErrorCode {
  if (reason instanceof errors.AuthenticationError) return "CASSANDRA_AUTH";
  if (reason instanceof errors.ResponseError) {
    if (reason.code === codes.badCredentials) return "CASSANDRA_AUTH";
    return requestCode(reason, reason);
  }
  return TLS_CODE.test(systemCode(reason)) ? "CASSANDRA_TLS" : "CASSANDRA_UNREACHABLE";
}

/** @param whole what the driver threw, of which the reason is one node's part */
function requestCode(reason: unknown, whole: unknown): ErrorCode {
  if (reason instanceof errors.ResponseError)
    return responseCodes.get(reason.code) ?? "CASSANDRA_FAILED";
  if (reason instanceof errors.AuthenticationError) return "CASSANDRA_AUTH";
  if (reason instanceof errors.OperationTimedOutError) return "CASSANDRA_TIMEOUT";
  if (reason instanceof errors.NoHostAvailableError) return "CASSANDRA_UNREACHABLE";
  // None was up, or kept its connection: the session itself was open.
  if (whole instanceof errors.NoHostAvailableError) return "CASSANDRA_UNAVAILABLE";
  return "CASSANDRA_FAILED";
}

const responseCodes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [codes.badCredentials, "CASSANDRA_AUTH"],
  [codes.unauthorized, "CASSANDRA_PERMISSION"],
  [codes.unavailableException, "CASSANDRA_UNAVAILABLE"],
  [codes.readTimeout, "CASSANDRA_TIMEOUT"],
  [codes.writeTimeout, "CASSANDRA_TIMEOUT"],
  [codes.overloaded, "CASSANDRA_TIMEOUT"],
  [codes.syntaxError, "CASSANDRA_REFUSED"],
  [codes.invalid, "CASSANDRA_REFUSED"],
  [codes.configError, "CASSANDRA_REFUSED"],
]);

/** What is likely to be the matter, where the error alone does not tell. */
function hint(code: ErrorCode, text: string, { credentials, isTls }: ConnectFacts): string {
  if (code === "CASSANDRA_AUTH" && credentials === undefined) return " (no user is set)";
  if (code === "CASSANDRA_TLS" && /wrong version number/.test(text)) {
    return " (the node does not speak TLS on this port)";
  }
  const isCut = /socket was closed|ECONNRESET|timeout/i.test(text);
  if (code === "CASSANDRA_UNREACHABLE" && isCut && !isTls) {
    return " (a node that wants TLS, which tls=true asks for, answers so too)";
  }
  return "";
}

function messageOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const text = reason.message.trim().replaceAll(/\s*\n\s*/g, " ") || reason.name;
  return text.replace(OPENSSL_FAULT, "$1");
}

function systemCode(reason: unknown): string {
  if (!(reason instanceof Error) || !("code" in reason)) return "";
  return typeof reason.code === "string" ? reason.code : "";
}
