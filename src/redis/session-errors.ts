import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { RedisCredentials } from "./secrets.js";

/** What a message may say of a connection. */
export interface ConnectFacts {
  /** The server, or all hosts. */
  readonly place: string;
  readonly credentials: RedisCredentials | undefined;
  readonly isTls: boolean;
}

/** Of OpenSSL and Node.js: a certificate that is not to be trusted, a handshake that failed. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|EPROTO$)/;

/** OpenSSL's reason stands between numbers and places of its source. */
const OPENSSL_FAULT = /^\w*:?error:\w+:[^:]*:[^:]*:([^:]+):.*$/;

/** By an error's first word. */
const codeOfReply: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["NOAUTH", "REDIS_AUTH"],
  ["WRONGPASS", "REDIS_AUTH"],
  ["DENIED", "REDIS_AUTH"],
  ["NOPERM", "REDIS_PERMISSION"],
  ["LOADING", "REDIS_LOADING"],
  ["READONLY", "REDIS_MODE"],
]);

/**
 * Why a server cannot be used, as one of octoload's errors. ioredis's own error is no cause of it:
 * that one lists the arguments of the command, which may be a password.
 */
export function connectFailure(error: unknown, facts: ConnectFacts): OctoloadError {
  if (error instanceof OctoloadError) return error;
  const text = messageOf(error);
  const code = codeOf(error, text);
  const shown = facts.credentials?.redact(text) ?? text;
  return new OctoloadError(code, `${facts.place}: ${shown}${hint(code, text, facts)}`);
}

/** Whether a server answered with an error, rather than the connection failed. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

function codeOf(error: unknown, text: string): ErrorCode {
  if (TLS_CODE.test(systemCode(error))) return "REDIS_TLS";
  if (!isReplyError(error)) return "REDIS_UNREACHABLE";
  if (/cluster support disabled/i.test(text)) return "REDIS_MODE";
  if (/without any password|invalid password|AUTH/.test(text)) return "REDIS_AUTH";
  return codeOfReply.get(text.split(" ", 1)[0] ?? "") ?? "REDIS_REFUSED";
}

/** What is likely to be the matter, where the error alone does not tell. */
function hint(code: ErrorCode, text: string, { credentials, isTls }: ConnectFacts): string {
  if (code === "REDIS_AUTH" && credentials === undefined) return " (no password is set)";
  if (code === "REDIS_TLS" && /wrong version number|packet length/.test(text)) {
    return " (the server does not speak TLS on this port)";
  }
  const isCut = /closed|ECONNRESET|ETIMEDOUT|timed out/i.test(text);
  if (code !== "REDIS_UNREACHABLE" || !isCut) return "";
  return isTls
    ? " (a server without TLS, which redis:// is for, answers so too)"
    : " (a server that wants TLS, which rediss:// asks for, answers so too)";
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message.trim().replaceAll(/\s*\n\s*/g, " ") || systemCode(error);
  return text.replace(OPENSSL_FAULT, "$1") || error.name;
}

function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
