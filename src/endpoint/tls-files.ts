import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { UrlQuery } from "./server-url.js";

/** How connections are encrypted: paths of PEM files, read when a session is opened. */
export interface TlsFiles {
  /** Authorities that may have signed the servers' certificates; null: those Node.js trusts. */
  readonly ca: string | null;
  /** The client's own certificate and key, where the server asks for them. */
  readonly client: { readonly cert: string; readonly key: string } | null;
  /** The name in all servers' certificates; null: each one's address, or a name of the URL. */
  readonly serverName: string | null;
}

/** A scheme that by itself asks for TLS, where a kind of server has one. */
export interface TlsScheme {
  /** As messages name it: `rediss://`. */
  readonly name: string;
  /** Whether the URL has it. */
  readonly isUsed: boolean;
}

/**
 * @returns null: not encrypted
 * @throws OctoloadError TARGET_URL
 */
export function parseTlsFiles(query: UrlQuery, scheme?: TlsScheme): TlsFiles | null {
  const ca = textOf(query, "ca");
  const cert = textOf(query, "cert");
  const key = textOf(query, "key");
  const serverName = textOf(query, "tls-name");
  if (!isTls(query, scheme)) {
    if (ca ?? cert ?? key ?? serverName) {
      const ways = scheme === undefined ? "tls=true" : `${scheme.name} or tls=true`;
      throw invalid(`ca, cert, key and tls-name go with ${ways}`);
    }
    return null;
  }
  if ((cert === null) !== (key === null)) throw invalid("cert and key go together");
  return { ca, client: cert === null || key === null ? null : { cert, key }, serverName };
}

function isTls(query: UrlQuery, scheme: TlsScheme | undefined): boolean {
  const text = query.get("tls");
  if (text === undefined) return scheme?.isUsed ?? false;
  if (text === "true") return true;
  if (text !== "false") throw invalid(`tls must be true or false, got ${describeValue(text)}`);
  if (scheme?.isUsed) throw invalid(`${scheme.name} is encrypted, which tls=false contradicts`);
  return false;
}

function textOf(query: UrlQuery, name: string): string | null {
  const text = query.get(name);
  if (text === "") throw invalid(`${name} is empty`);
  return text ?? null;
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
