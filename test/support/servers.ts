import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";

/** Where a Cassandra without users and TLS listens. */
export interface CassandraAddress {
  readonly host: string;
  readonly port: number;
  readonly dc: string;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** A server to test on, or why there is none. */
export type ServerForTests<Address> =
  | { readonly state: "there"; readonly address: Address }
  | { readonly state: "missing"; readonly why: string };

const cassandraPrograms = ["java", "mvn"];
const redisPrograms = ["redis-server", "redis-cli"];

/**
 * The Cassandra that OCTOLOAD_TEST_CASSANDRA names as host:port[,dc]; dc is datacenter1 where it
 * is left out. `npm test` starts one and sets the variable. Tests write into keyspaces of their
 * own, named octoload_test_*, and drop them.
 *
 * @throws {Error} when it is malformed, or not set with CI=true
 */
export function cassandraForTests(
  env: NodeJS.ProcessEnv = process.env,
): ServerForTests<CassandraAddress> {
  const text = env.OCTOLOAD_TEST_CASSANDRA;
  if (text === undefined || text === "") return missing("Cassandra", cassandraPrograms, env);
  const match = /^(?<host>[^,]+):(?<port>\d+)(?:,(?<dc>\w+))?$/.exec(text);
  const { host, port, dc = "datacenter1" } = match?.groups ?? {};
  if (host === undefined || port === undefined) {
    throw new Error(`OCTOLOAD_TEST_CASSANDRA is host:port[,dc], not ${text}`);
  }
  return { state: "there", address: { host, port: Number(port), dc } };
}

/**
 * The Redis that OCTOLOAD_TEST_REDIS names as host:port. Tests use key prefixes of their own.
 *
 * @throws {Error} when it is malformed, or not set with CI=true
 */
export function redisForTests(env: NodeJS.ProcessEnv = process.env): ServerForTests<RedisAddress> {
  const text = env.OCTOLOAD_TEST_REDIS;
  if (text === undefined || text === "") return missing("Redis", redisPrograms, env);
  const { host, port } = /^(?<host>[^,]+):(?<port>\d+)$/.exec(text)?.groups ?? {};
  if (host === undefined || port === undefined) {
    throw new Error(`OCTOLOAD_TEST_REDIS is host:port, not ${text}`);
  }
  return { state: "there", address: { host, port: Number(port) } };
}

/** A suite on a real Cassandra; skipped, with the reason in its name, where there is none. */
export function describeOnCassandra(
  name: string,
  suite: (cassandra: CassandraAddress) => void,
): void {
  describeOn(name, cassandraForTests(), suite);
}

/** A suite on a real Redis; skipped, with the reason in its name, where there is none. */
export function describeOnRedis(name: string, suite: (redis: RedisAddress) => void): void {
  describeOn(name, redisForTests(), suite);
}

/**
 * Those of the programs that PATH does not have.
 *
 * @throws {Error} with CI=true when there is one: there nothing is skipped
 */
export function missingPrograms(
  programs: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const absent = programs.filter((program) => !isOnPath(program, env));
  if (absent.length > 0 && env.CI === "true") {
    throw new Error(`with CI=true these programs have to be installed: ${absent.join(", ")}`);
  }
  return absent;
}

/** A suite that starts servers itself; where programs are missing its name says which. */
export function describeWithPrograms(
  programs: readonly string[],
  name: string,
  suite: () => void,
): void {
  const absent = missingPrograms(programs);
  if (absent.length === 0) describe(name, suite);
  else describe.todo(`${name} (skipped: not installed: ${absent.join(", ")})`);
}

function describeOn<Address>(
  name: string,
  server: ServerForTests<Address>,
  suite: (address: Address) => void,
): void {
  if (server.state === "there") {
    describe(name, () => suite(server.address));
    return;
  }
  console.warn(`skipped: ${name}: ${server.why}`);
  describe.todo(`${name} (skipped: ${server.why})`);
}

function missing(
  server: "Cassandra" | "Redis",
  programs: readonly string[],
  env: NodeJS.ProcessEnv,
): { state: "missing"; why: string } {
  const variable = `OCTOLOAD_TEST_${server.toUpperCase()}`;
  const absent = missingPrograms(programs, env);
  if (env.CI === "true")
    throw new Error(`${variable} is not set: with CI=true tests need ${server}`);
  const why =
    absent.length > 0
      ? `no ${server}: not installed: ${absent.join(", ")}`
      : `no ${server}: ${variable} is not set; npm test -- --only servers starts one`;
  return { state: "missing", why };
}

function isOnPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
