// Java and the jars that Cassandra runs from.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "../lib/run.mjs";
import { cacheFolder } from "./state.mjs";

export const cassandraVersion = "5.0.6";

/** What Cassandra's daemon and tools reach into; its own start script opens the same. */
const openPackages = [
  "java.io",
  "java.lang",
  "java.lang.module",
  "java.lang.reflect",
  "java.math",
  "java.net",
  "java.nio",
  "java.nio.charset",
  "java.util",
  "java.util.concurrent",
  "java.util.concurrent.atomic",
  "java.util.concurrent.locks",
  "jdk.internal.loader",
  "jdk.internal.math",
  "jdk.internal.misc",
  "jdk.internal.module",
  "jdk.internal.ref",
  "jdk.internal.reflect",
  "jdk.internal.util.jar",
  "jdk.internal.vm",
  "sun.nio.ch",
  "sun.nio.fs",
  "sun.security.ssl",
  "sun.util.calendar",
].map((name) => `java.base/${name}`);

const exportedPackages = [
  "java.management.rmi/com.sun.jmx.remote.internal.rmi",
  "java.rmi/sun.rmi.registry",
  "java.rmi/sun.rmi.server",
  "java.rmi/sun.rmi.transport.tcp",
  "java.sql/java.sql",
  "jdk.attach/sun.tools.attach",
];

const openedPackages = [
  "jdk.management/com.sun.management.internal",
  "java.management/com.sun.jmx.remote.internal.rmi",
];

/** @type {readonly string[]} */
export const moduleOptions = [
  ...[...openPackages, ...exportedPackages].flatMap((name) => [
    "--add-exports",
    `${name}=ALL-UNNAMED`,
  ]),
  ...[...openPackages, ...openedPackages].flatMap((name) => ["--add-opens", `${name}=ALL-UNNAMED`]),
];

const systemJavaFolder = "/usr/lib/jvm";

/**
 * The first Java 17 of JAVA_HOME, the PATH and the system's folder of them.
 *
 * @returns {Promise<string>} program
 * @throws {Error} when there is none, naming what was found instead
 */
export async function findJava() {
  const found = [];
  for (const program of javaCandidates()) {
    const { code, output } = await run(program, ["-version"]);
    const version = /version "(\d+)/.exec(output)?.[1];
    if (code === 0 && version === "17") return program;
    if (version !== undefined) found.push(`${program} is Java ${version}`);
  }
  const seen = found.length > 0 ? ` (${found.join(", ")})` : "";
  throw new Error(
    `Cassandra ${cassandraVersion} needs Java 17, and none was found${seen}: install openjdk-17-jre-headless, or point JAVA_HOME to one`,
  );
}

function javaCandidates() {
  const home = process.env.JAVA_HOME;
  const homes = existsSync(systemJavaFolder) ? readdirSync(systemJavaFolder).sort() : [];
  const installed = homes
    .filter((name) => name.includes("17"))
    .map((name) => join(systemJavaFolder, name, "bin", "java"))
    .filter((program) => existsSync(program));
  return [...(home ? [join(home, "bin", "java")] : []), "java", ...installed];
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>octoload</groupId>
  <artifactId>local-cassandra</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>${cassandraVersion}</version>
    </dependency>
  </dependencies>
</project>
`;

/**
 * Folder of Cassandra's jars, fetched once per user by Maven.
 *
 * @param {(line: string) => void} tell
 * @returns {Promise<string>}
 * @throws {Error} when Maven is missing or fails, with what it said
 */
export async function cassandraJars(tell) {
  const folder = join(cacheFolder(), `cassandra-${cassandraVersion}`);
  if (existsSync(folder)) return folder;
  tell(`fetching the jars of Cassandra ${cassandraVersion} with Maven`);
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), "jars-"));
  try {
    writeFileSync(join(work, "pom.xml"), pom);
    const jars = join(work, "lib");
    const goal = [
      "dependency:copy-dependencies",
      "-DincludeScope=runtime",
      `-DoutputDirectory=${jars}`,
    ];
    const { code, output } = await run("mvn", ["-B", "-q", ...goal], { cwd: work });
    if (code !== 0) {
      throw new Error(
        `${output.trimEnd()}\nMaven could not fetch Cassandra (exit code ${code}): is it installed, and does it reach a repository?`,
      );
    }
    moveUnlessThere(jars, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Complete or not at all; another process may have been first with the same jars.
 *
 * @param {string} from
 * @param {string} to
 */
function moveUnlessThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
