import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import type { Environment } from "../endpoint/password.js";
import type { BackupHooks } from "./hooks.js";

/** Acts with a session that is closed afterwards. @throws OctoloadError CASSANDRA_* */
export async function withCluster<Result>(
  target: CassandraTarget,
  env: Environment | undefined,
  { onNote }: BackupHooks,
  act: (session: CassandraSession) => Promise<Result>,
): Promise<Result> {
  const session = await connectCassandra(target, {
    ...(env === undefined ? {} : { env }),
    ...(onNote === undefined ? {} : { onNote }),
  });
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}
