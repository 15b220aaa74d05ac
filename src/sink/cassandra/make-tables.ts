import { applySchema } from "../../cassandra/apply-schema.js";
import { inspectKeyspace } from "../../cassandra/inspect.js";
import { chooseReplication, shapeOf } from "../../cassandra/replication.js";
import { defaultTableOptions, formatReplication } from "../../cassandra/schema-options.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { tablesOf } from "../../cassandra/tables.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { Layout } from "../sink.js";

/**
 * Makes the keyspace and the tables that are not there yet, with the defaults of `octoload schema`.
 *
 * @param url of the target, for the advice
 * @param note is told what was made
 * @throws OctoloadError TARGET_FOREIGN, TARGET_SCHEMA, CASSANDRA_*
 */
export async function makeMissingTables(
  session: CassandraSession,
  url: string,
  layout: Layout,
  note: (message: string) => void,
): Promise<void> {
  const { keyspace } = session.target;
  const found = await inspectKeyspace(session);
  const isMissing = tablesOf(layout).some(({ name }) => found?.tables.has(name) !== true);
  if (!isMissing) return;
  const { replication, notes } = chooseReplication(shapeOf(session), undefined);
  const tableOptions = defaultTableOptions;
  const { created } = await applySchema(session, { keyspace, layout, replication, tableOptions })
    // Whoever may load need not be allowed to make tables.
    .catch((error: unknown) => {
      throw withAdvice(error, url);
    });
  // The driver hears of a new keyspace a moment later, and the ring needs it now.
  await session.client.metadata.refreshKeyspace(keyspace);
  const copies = `${created.join(", ")}: copies ${formatReplication(replication)}`;
  note(`made ${created.includes(keyspace) ? copies : created.join(", ")}`);
  if (created.includes(keyspace)) for (const text of notes) note(text);
}

function withAdvice(error: unknown, url: string): unknown {
  if (!(error instanceof OctoloadError) || error.code !== "CASSANDRA_PERMISSION") return error;
  return new OctoloadError(error.code, error.fault, {
    cause: error,
    remedy: `Have somebody who may CREATE run \`octoload schema --to "${url}" --apply\`, then load.`,
  });
}
