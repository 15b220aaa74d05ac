import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { UrlQuery } from "./url-query.js";

/** How connections are encrypted: paths of PEM files, read when a session is opened. */
export interface TlsFiles {
  /** Authorities that may have signed the nodes' certificates; null: those Node.js trusts. */
  readonly ca: string | null;
  /** The client's own certificate and key, where the server asks for them. */
  readonly client: { readonly cert: string; readonly key: string } | null;
  /** The name in all nodes' certificates; null: each node's address, or a contact point's name. */
  readonly serverName: string | null;
}

/** null: not encrypted. @throws OctoloadError TARGET_URL */
export function parseTlsFiles(query: UrlQuery): TlsFiles | null {
  const ca = pathOf(query, "ca");
  const cert = pathOf(query, "cert");
  const key = pathOf(query, "key");
  const serverName = pathOf(query, "tls-name");
  if (!isTls(query)) {
    if (ca ?? cert ?? key ?? serverName) {
      throw invalid("ca, cert, key and tls-name go with tls=true");
    }
    return null;
  }
  if ((cert === null) !== (key === null)) throw invalid("cert and key go together");
  return { ca, client: cert === null || key === null ? null : { cert, key }, serverName };
}

function isTls(query: UrlQuery): boolean {
  const text = query.get("tls");
  if (text === undefined || text === "false") return false;
  if (text === "true") return true;
  throw invalid(`tls must be true or false, got ${describeValue(text)}`);
}

function pathOf(query: UrlQuery, name: string): string | null {
  const text = query.get(name);
  if (text === "") throw invalid(`${name} is empty`);
  return text ?? null;
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
