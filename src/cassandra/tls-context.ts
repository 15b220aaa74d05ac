import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";
import { OctoloadError } from "../errors/octoload-error.js";
import { hostOf } from "./contact-points.js";
import type { TlsFiles } from "./tls-files.js";

/**
 * What the driver hands to tls.connect(). Certificates are checked, which the driver by itself does
 * not ask for. Keys lie in a secure context, so that no inspection of the options shows them.
 *
 * @throws OctoloadError CASSANDRA_TLS for files that cannot be read or are no PEM
 */
export function tlsOptions(files: TlsFiles, contactPoints: readonly string[]): ConnectionOptions {
  const names = files.serverName === null ? contactPoints.map(hostOf) : [files.serverName];
  return {
    secureContext: createContext(files),
    rejectUnauthorized: true,
    // Asks for the right certificate where one address serves several.
    ...(files.serverName === null || isIP(files.serverName) > 0
      ? {}
      : { servername: files.serverName }),
    checkServerIdentity: (address, certificate) => {
      // Nodes are connected to by address; certificates often hold the name that the URL gives.
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
  return new OctoloadError("CASSANDRA_TLS", fault, cause === undefined ? {} : { cause });
}
