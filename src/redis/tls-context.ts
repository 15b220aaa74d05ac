import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";
import { OctoloadError } from "../errors/octoload-error.js";
import type { RedisHost } from "./redis-hosts.js";
import type { TlsFiles } from "./tls-files.js";

/**
 * What ioredis hands to tls.connect(). Keys lie in a secure context, so that no inspection of the
 * options shows them.
 *
 * @throws OctoloadError REDIS_TLS for files that cannot be read or are no PEM
 */
export function tlsOptions(files: TlsFiles, hosts: readonly RedisHost[]): ConnectionOptions {
  const names = files.serverName === null ? hosts.map(({ host }) => host) : [files.serverName];
  return {
    secureContext: createContext(files),
    rejectUnauthorized: true,
    // Asks for the right certificate where one address serves several.
    ...(files.serverName === null || isIP(files.serverName) > 0
      ? {}
      : { servername: files.serverName }),
    checkServerIdentity: (address, certificate) => {
      // A cluster names its nodes by address; certificates often hold the name that the URL gives.
      const accepted = files.serverName === null ? [address, ...names] : names;
      const faults = accepted.map((name) => checkServerIdentity(name, certificate));
      return faults.includes(undefined) ? undefined : faults[0];
    },
  };
}

function createContext({ ca, client }: TlsFiles): ReturnType<typeof createSecureContext> {
  const files = {
    ...(ca === null ? {} : { ca: readPem("ca", ca) }),
    ...(client === null
      ? {}
      : { cert: readPem("cert", client.cert), key: readPem("key", client.key) }),
  };
  try {
    return createSecureContext(files);
  } catch (error) {
    throw invalid(`ca, cert and key do not make a TLS set-up: ${reasonOf(error)}`, error);
  }
}

function readPem(name: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw invalid(`${name} cannot be read: ${reasonOf(error)}`, error);
  }
  if (text.includes("-----BEGIN ")) return text;
  throw invalid(`${name}: ${JSON.stringify(path)} is no PEM file`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function invalid(fault: string, cause?: unknown): OctoloadError {
  return new OctoloadError("REDIS_TLS", fault, cause === undefined ? {} : { cause });
}
