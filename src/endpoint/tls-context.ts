import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { TlsFiles } from "./tls-files.js";

/** What a kind of server's faults of TLS are called. */
export type TlsCode = Extract<ErrorCode, "CASSANDRA_TLS" | "REDIS_TLS">;

/**
 * What a client library hands to tls.connect(). Certificates are always checked, which not each
 * library asks for by itself. Keys lie in a secure context, so that no inspection of the options
 * shows them.
 *
 * @param hosts of the URL, names or addresses
 * @throws OctoloadError `code` for files that cannot be read or are no PEM
 */
export function tlsOptions(
  files: TlsFiles,
  hosts: readonly string[],
  code: TlsCode,
): ConnectionOptions {
  const names = files.serverName === null ? hosts : [files.serverName];
  return {
    secureContext: createContext(files, code),
    rejectUnauthorized: true,
    // Asks for the right certificate where one address serves several.
    ...(files.serverName === null || isIP(files.serverName) > 0
      ? {}
      : { servername: files.serverName }),
    checkServerIdentity: (address, certificate) => {
      // A cluster's nodes are known by address; certificates often hold the name that the URL gives.
      const accepted = files.serverName === null ? [address, ...names] : names;
      const faults = accepted.map((name) => checkServerIdentity(name, certificate));
      return faults.includes(undefined) ? undefined : faults[0];
    },
  };
}

function createContext(
  { ca, client }: TlsFiles,
  code: TlsCode,
): ReturnType<typeof createSecureContext> {
  const read = (name: string, path: string) => readPem(name, path, code);
  const files = {
    ...(ca === null ? {} : { ca: read("ca", ca) }),
    ...(client === null ? {} : { cert: read("cert", client.cert), key: read("key", client.key) }),
  };
  try {
    return createSecureContext(files);
  } catch (cause) {
    const fault = `ca, cert and key do not make a TLS set-up: ${reasonOf(cause)}`;
    throw new OctoloadError(code, fault, { cause });
  }
}

function readPem(name: string, path: string, code: TlsCode): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new OctoloadError(code, `${name} cannot be read: ${reasonOf(cause)}`, { cause });
  }
  if (text.includes("-----BEGIN ")) return text;
  throw new OctoloadError(code, `${name}: ${JSON.stringify(path)} is no PEM file`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
