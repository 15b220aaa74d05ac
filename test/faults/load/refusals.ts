import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CassandraServers } from "../../../scripts/cluster/cassandra.mjs";
import { queryNode } from "../../../scripts/cluster/cassandra-probe.mjs";
import { load } from "./load-process.js";
import { octoload } from "./octoload.js";
import type { ScenarioLog } from "./scenario-log.js";

export interface RefusalWorld {
  /** With users and TLS. */
  readonly servers: CassandraServers;
  readonly folder: string;
  readonly source: string;
}

interface Refusal {
  readonly what: string;
  readonly code: string;
  readonly keyspace?: string;
  /** Replaces the URL's usual query. */
  readonly query?: string;
  readonly user?: Readonly<Record<string, string>>;
  readonly before?: () => Promise<void>;
}

const READY = "refusal_ready";
const CHANGED = "refusal_changed";
const ABSENT = "refusal_absent";

function userOf(name: string, password: string): Readonly<Record<string, string>> {
  return { OCTOLOAD_CASSANDRA_USERNAME: name, OCTOLOAD_CASSANDRA_PASSWORD: password };
}

/** Loads that may not begin: each ends with 3 and its code, and nothing is written. */
export async function refusals(world: RefusalWorld, log: ScenarioLog): Promise<void> {
  const { servers } = world;
  const password = `sesame-${randomBytes(6).toString("hex")}`;
  const admin = userOf("cassandra", "cassandra");
  await prepare(world, admin, password);
  log.did("made a target, one with a changed column, and a user who may only read");
  const reader = userOf("reader", password);
  const stranger = userOf("stranger", password);
  const cases: readonly Refusal[] = [
    { what: "a wrong password", code: "CASSANDRA_AUTH", user: userOf("reader", "sesame-wrong") },
    { what: "no user", code: "CASSANDRA_AUTH", user: {} },
    { what: "a wrong data centre", code: "CASSANDRA_DC", query: "dc=elsewhere", user: admin },
    { what: "a user who may not read", code: "CASSANDRA_PERMISSION", user: stranger },
    { what: "a user who may only read", code: "CASSANDRA_PERMISSION", user: reader },
    {
      what: "a keyspace that is not there and may not be made",
      code: "CASSANDRA_PERMISSION",
      keyspace: ABSENT,
      user: reader,
    },
    { what: "a changed column type", code: "TARGET_SCHEMA", keyspace: CHANGED, user: admin },
    {
      what: "a certificate of an unknown authority",
      code: "CASSANDRA_TLS",
      user: admin,
      before: () => servers.presentCertificate("untrusted"),
    },
    {
      what: "an expired certificate",
      code: "CASSANDRA_TLS",
      user: admin,
      before: () => servers.presentCertificate("expired"),
    },
  ];
  const before = await holdings(servers);
  for (const one of cases) await checkRefusal(world, log, one);
  await servers.presentCertificate("valid");
  log.equal("what the cluster holds", await holdings(servers), before);
}

async function prepare(
  { servers }: RefusalWorld,
  env: Readonly<Record<string, string>>,
  password: string,
): Promise<void> {
  for (const keyspace of [READY, CHANGED]) {
    await octoload(["schema", "--to", urlOf(servers, keyspace), "--apply"], env);
  }
  const run = (statement: string) => queryNode(servers.state, 1, statement);
  await run(`ALTER TABLE ${CHANGED}.octree_nodes DROP homogeneity`);
  await run(`ALTER TABLE ${CHANGED}.octree_nodes ADD homogeneity double`).catch(async () => {
    // A dropped column may not come back with another type, so the table is made anew.
    await run(`DROP TABLE ${CHANGED}.octree_nodes`);
    await run(
      `CREATE TABLE ${CHANGED}.octree_nodes (morton_code bigint, level tinyint, material_id int, homogeneity double, children_mask tinyint, compressed_data blob, last_modified bigint, PRIMARY KEY (morton_code, level))`,
    );
  });
  for (const role of ["reader", "stranger"]) {
    await run(`CREATE ROLE ${role} WITH PASSWORD = '${password}' AND LOGIN = true`);
  }
  await run(`GRANT SELECT ON KEYSPACE ${READY} TO reader`);
}

async function checkRefusal(
  { servers, folder, source }: RefusalWorld,
  log: ScenarioLog,
  { what, code, keyspace = READY, query, user = {}, before }: Refusal,
): Promise<void> {
  await before?.();
  const runDir = join(folder, `refused-${randomBytes(4).toString("hex")}`);
  const end = await load({ source, to: urlOf(servers, keyspace, query), runDir, env: user });
  log.did(what);
  const { exitCode, error, stderr } = end;
  log.equal(`${what}: exit code and error`, `${exitCode} ${error?.code}`, `3 ${code}`);
  log.figure("it says", error?.message ?? "nothing");
  const shown = [stderr, ...textsBelow(runDir)].join("\n");
  log.holds(`${what}: no password is shown`, !shown.includes("sesame-"));
}

function urlOf(servers: CassandraServers, keyspace: string, query?: string): string {
  const place = `${servers.contactPoints[0]}:${servers.port}`;
  const ca = encodeURIComponent(servers.authorityFile ?? "");
  const datacenter = query ?? `dc=${servers.dc}`;
  return `cassandra://${place}/${keyspace}?${datacenter}&tls=true&ca=${ca}`;
}

/** Keyspaces, and what the target that is ready holds. */
async function holdings(servers: CassandraServers): Promise<string[]> {
  const texts: string[] = [];
  for (const statement of [
    "SELECT keyspace_name FROM system_schema.keyspaces",
    `SELECT * FROM ${READY}.octoload_meta`,
    `SELECT * FROM ${READY}.octoload_state`,
    `SELECT * FROM ${READY}.octree_nodes`,
    `SELECT * FROM ${CHANGED}.octoload_meta`,
    `SELECT * FROM ${CHANGED}.octree_nodes`,
  ]) {
    const rows = await queryNode(servers.state, 1, statement);
    texts.push(...rows.map((row) => JSON.stringify(row)));
  }
  return texts.sort();
}

function textsBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, "latin1"));
  } catch {
    return [];
  }
}
