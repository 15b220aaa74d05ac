import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findJava } from "../../scripts/cluster/java.mjs";
import { run } from "../../scripts/lib/run.mjs";

const programsFolder = fileURLToPath(new URL("../data/programs/", import.meta.url));
const DSBULK_VERSION = "1.10.0";
const CQLSH_VERSION = "6.2.2";

/** Where cqlsh is once it is installed, and the Python packages that came with it. */
export const cqlshFolder = join(programsFolder, `cqlsh-${CQLSH_VERSION}`);

/** A program that loads CSV, and how it is started. */
export interface PeerProgram {
  readonly program: string;
  /** Before the arguments of the load. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A peer that is here, or why it is not. */
export type FoundPeer =
  | { readonly kind: "found"; readonly peer: PeerProgram }
  | { readonly kind: "missing"; readonly reason: string };

const dsbulkModules = [
  "dsbulk-runner",
  "dsbulk-connectors-csv",
  "dsbulk-workflow-load",
  "dsbulk-batcher-reactor",
  "dsbulk-executor-reactor",
];

/** DSBulk from Maven's jars, fetched once. */
export async function findDsbulk(): Promise<FoundPeer> {
  const jars = join(programsFolder, `dsbulk-${DSBULK_VERSION}`);
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"];
  const failure = await installOnce(jars, (folder) => {
    writeFileSync(join(folder, "pom.xml"), dsbulkPom());
    return run("mvn", ["-B", "-q", ...goal, `-DoutputDirectory=${folder}`], { cwd: folder });
  });
  if (failure !== undefined) return { kind: "missing", reason: `DSBulk: ${failure}` };
  const program = await findJava();
  const args = ["-cp", join(jars, "*"), "com.datastax.oss.dsbulk.runner.DataStaxBulkLoader"];
  return { kind: "found", peer: { program, args, env: {} } };
}

function dsbulkPom(): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  const dependencies = [
    ...dsbulkModules.map((name) => dependency("com.datastax.oss", name, DSBULK_VERSION)),
    dependency("ch.qos.logback", "logback-classic", "1.2.12"),
  ];
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>octoload</groupId>
  <artifactId>peer-dsbulk</artifactId>
  <version>1</version>
  <dependencies>${dependencies.join("")}</dependencies>
</project>
`;
}

/** cqlsh from PyPI, installed once. */
export async function findCqlsh(): Promise<FoundPeer> {
  const modules = cqlshFolder;
  const failure = await installOnce(modules, (folder) =>
    run("python3", ["-m", "pip", "install", "-q", "--target", folder, `cqlsh==${CQLSH_VERSION}`]),
  );
  if (failure !== undefined) return { kind: "missing", reason: `cqlsh COPY: ${failure}` };
  const args = [join(modules, "bin", "cqlsh")];
  return { kind: "found", peer: { program: "python3", args, env: { PYTHONPATH: modules } } };
}

/** @returns what failed; the folder is complete or absent */
async function installOnce(
  folder: string,
  install: (folder: string) => Promise<{ code: number; output: string }>,
): Promise<string | undefined> {
  if (existsSync(folder)) return undefined;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const { code, output } = await install(part);
  if (code !== 0) return output.trim().split("\n").at(-1) ?? `exit code ${code}`;
  renameSync(part, folder);
  return undefined;
}
