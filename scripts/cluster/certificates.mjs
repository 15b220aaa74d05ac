// Certificates for servers on loopback, good and bad, made with openssl.
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/run.mjs";
import { addressesOf } from "./networks.mjs";

/** @typedef {import("./networks.mjs").Network} Network */

/**
 * What a server can present: `valid` and `expired` are signed by ca.pem, `untrusted` by
 * other-ca.pem.
 *
 * @typedef {"valid" | "expired" | "untrusted"} CertificateKind
 */

/** Guards nothing: the keys beside it lie open. Java wants one. */
export const keystorePassword = "octoload";

/** What Cassandra reads. @param {string} folder */
export const keystoreFile = (folder) => join(folder, "server.p12");
/** What clients trust. @param {string} folder */
export const authorityFile = (folder) => join(folder, "ca.pem");
/** What Redis reads. @param {string} folder */
export const certificateFile = (folder) => join(folder, "server.pem");
/** @param {string} folder */
export const keyFile = (folder) => join(folder, "server.key");

/**
 * Makes ca.pem, other-ca.pem, and of each kind a key, a certificate and a PKCS12 keystore with
 * the names KIND.key, KIND.pem and KIND.p12; presents the valid one.
 *
 * @param {string} folder is made
 * @param {Network} network whose addresses the certificates are for
 * @throws {Error} when openssl is missing or fails
 */
export async function makeCertificates(folder, network) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names = ["DNS:localhost", ...addressesOf(network).map((address) => `IP:${address}`)];
  writeFileSync(join(folder, "names.ext"), `subjectAltName=${names.join(",")}\n`);
  await makeAuthority(folder, "ca");
  await makeAuthority(folder, "other-ca");
  await makeServer(folder, "valid", "ca", 365);
  await makeServer(folder, "expired", "ca", -1);
  await makeServer(folder, "untrusted", "other-ca", 365);
  presentCertificate(folder, "valid");
}

/**
 * Puts another certificate where the servers read theirs. They have to be told.
 *
 * @param {string} folder
 * @param {CertificateKind} kind
 */
export function presentCertificate(folder, kind) {
  for (const ending of ["key", "pem", "p12"]) {
    const file = join(folder, `server.${ending}`);
    copyFileSync(join(folder, `${kind}.${ending}`), `${file}.new`);
    renameSync(`${file}.new`, file);
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * @param {string} folder
 * @param {string} name
 */
async function makeAuthority(folder, name) {
  const subject = ["-subj", `/CN=octoload test ${name}`, "-days", "365"];
  const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
  await openssl(folder, "req", "-x509", ...newKey, ...subject, ...files);
}

/**
 * @param {string} folder
 * @param {CertificateKind} kind
 * @param {string} authority
 * @param {number} days until it expires, from now
 */
async function makeServer(folder, kind, authority, days) {
  const request = [
    "-subj",
    "/CN=octoload test server",
    "-keyout",
    `${kind}.key`,
    "-out",
    `${kind}.csr`,
  ];
  await openssl(folder, "req", ...newKey, ...request);
  const signer = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial"];
  const validity = ["-days", `${days}`, "-extfile", "names.ext"];
  await openssl(
    folder,
    "x509",
    "-req",
    "-in",
    `${kind}.csr`,
    ...signer,
    ...validity,
    "-out",
    `${kind}.pem`,
  );
  const pair = ["-inkey", `${kind}.key`, "-in", `${kind}.pem`, "-certfile", `${authority}.pem`];
  const store = ["-out", `${kind}.p12`, "-passout", `pass:${keystorePassword}`, "-name", "server"];
  await openssl(folder, "pkcs12", "-export", ...pair, ...store);
}

/**
 * @param {string} folder
 * @param {...string} args
 */
async function openssl(folder, ...args) {
  const { code, output } = await run("openssl", args, { cwd: folder, timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`${output.trimEnd()}\nopenssl ${args[0]}: exit code ${code}`);
}
