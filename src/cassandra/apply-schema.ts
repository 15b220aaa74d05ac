import type { types } from "cassandra-driver";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireOwnTables } from "./fitness.js";
import { inspectKeyspace } from "./inspect.js";
import { type SchemaSpec, type SchemaStatement, schemaStatements } from "./schema.js";
import { requireKnownOptions } from "./server-version.js";
import type { CassandraSession } from "./session.js";
import { requestFailure } from "./session-errors.js";

/** Creating a table waits for the disks of all nodes. */
const READ_TIMEOUT_MS = 60_000;

/** What applying a schema made and what was there, as keyspace or keyspace.table. */
export interface AppliedSchema {
  readonly created: readonly string[];
  readonly existing: readonly string[];
}

/**
 * Creates what is missing of a target's keyspace and tables, and waits until all nodes know it.
 * Nothing that is there is altered or dropped.
 *
 * @throws OctoloadError SCHEMA_OPTION, TARGET_FOREIGN, TARGET_SCHEMA, CASSANDRA_*
 */
export async function applySchema(
  session: CassandraSession,
  spec: SchemaSpec,
): Promise<AppliedSchema> {
  const versions = session.client.hosts.values().map(({ cassandraVersion }) => cassandraVersion);
  requireKnownOptions(spec.tableOptions, versions);
  const found = await inspectKeyspace(session);
  if (found !== undefined) requireOwnTables(spec.keyspace, found);
  const isThere = ({ table }: SchemaStatement) =>
    found !== undefined && (table === null || found.tables.has(table));
  const statements = schemaStatements(spec);
  const missing = statements.filter((statement) => !isThere(statement));
  for (const statement of missing) await create(session, statement);
  return {
    created: missing.map(({ object }) => object),
    existing: statements.filter(isThere).map(({ object }) => object),
  };
}

/** A node that does not know a table yet refuses its rows: the driver waits for all that are up. */
async function create({ client }: CassandraSession, { object, cql }: SchemaStatement) {
  let result: types.ResultSet;
  try {
    result = await client.execute(cql, [], { prepare: false, readTimeout: READ_TIMEOUT_MS });
  } catch (error) {
    throw requestFailure(error, `creating ${object}`);
  }
  // Left out of the driver's types.
  const info: object = result.info;
  if ("isSchemaInAgreement" in info && info.isSchemaInAgreement === true) return;
  throw new OctoloadError(
    "CASSANDRA_DISAGREEMENT",
    `${object} is made, but not known to all nodes`,
  );
}
