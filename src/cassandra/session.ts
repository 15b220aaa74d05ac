import { Client, type ClientOptions, policies, types } from "cassandra-driver";
import type { Environment } from "../endpoint/password.js";
import { tlsOptions } from "../endpoint/tls-context.js";
import type { CassandraTarget } from "./cassandra-url.js";
import { consistencyCode } from "./consistency.js";
import { hostOf } from "./contact-points.js";
import { LocalDcPolicy } from "./local-dc-policy.js";
import { PlainAuthProvider } from "./plain-auth.js";
import { type Credentials, readCredentials } from "./secrets.js";
import { requireServerVersions } from "./server-version.js";
import { connectFailure } from "./session-errors.js";

/** All nodes from 4.0 on speak it, and frames are encoded for it: see native/cql. */
const PROTOCOL_VERSION = 4;

/** A node that is up answers within this, even a busy one across an ocean. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A node that comes back is to be used soon: the driver would wait up to ten minutes. */
const RECONNECT_MS = { first: 500, longest: 10_000 };
const SCHEMA_AGREEMENT_SECONDS = 30;
/** The driver gathers schema changes for this long; its own second is added to each statement. */
const SCHEMA_REFRESH_MS = 50;

export interface SessionOptions {
  /** Where user and password are found; by default the process's own. */
  readonly env?: Environment;
  /** Told what was settled for the user, a line each. */
  readonly onNote?: (text: string) => void;
  /** Connections to each node; the driver's default is one. */
  readonly connectionsPerNode?: number;
}

/** An open session with a cluster. */
export interface CassandraSession {
  readonly client: Client;
  readonly target: CassandraTarget;
  /** The one that requests go to. */
  readonly datacenter: string;
  /** The contact points, for messages. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * Opens a session: nothing is written, and the keyspace need not be there.
 *
 * Requests go to replicas of one data centre and are never sent twice on speculation. Without other
 * words they are LOCAL_QUORUM, and SERIAL where they are conditional.
 *
 * @throws OctoloadError CASSANDRA_UNREACHABLE, CASSANDRA_AUTH, CASSANDRA_TLS, CASSANDRA_DC,
 *   CASSANDRA_VERSION, CASSANDRA_SECRETS
 */
export async function connectCassandra(
  target: CassandraTarget,
  options: SessionOptions = {},
): Promise<CassandraSession> {
  const place = target.contactPoints.join(", ");
  const credentials = readCredentials(options.env ?? process.env);
  const policy = new LocalDcPolicy(target.datacenter);
  const client = new Client(clientOptions(target, policy, credentials, options));
  try {
    await client.connect();
    requireServerVersions(client.hosts.values().map(({ cassandraVersion }) => cassandraVersion));
  } catch (error) {
    await client.shutdown().catch(() => undefined);
    throw connectFailure(error, { place, credentials, isTls: target.tls !== null });
  }
  const datacenter = policy.datacenter ?? "";
  if (target.datacenter === null) {
    options.onNote?.(`data centre ${datacenter}: the only one there is`);
  }
  return { client, target, datacenter, place, close: () => client.shutdown() };
}

function clientOptions(
  target: CassandraTarget,
  policy: LocalDcPolicy,
  credentials: Credentials | undefined,
  { connectionsPerNode = 1 }: SessionOptions,
): ClientOptions {
  const { tls, contactPoints, consistency } = target;
  return {
    contactPoints: [...contactPoints],
    protocolOptions: {
      maxVersion: PROTOCOL_VERSION,
      maxSchemaAgreementWaitSeconds: SCHEMA_AGREEMENT_SECONDS,
    },
    policies: {
      loadBalancing: policy,
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        RECONNECT_MS.first,
        RECONNECT_MS.longest,
      ),
    },
    pooling: { coreConnectionsPerHost: { [types.distance.local]: connectionsPerNode } },
    queryOptions: {
      consistency: consistencyCode(consistency),
      serialConsistency: types.consistencies.serial,
      prepare: true,
    },
    refreshSchemaDelay: SCHEMA_REFRESH_MS,
    socketOptions: { connectTimeout: CONNECT_TIMEOUT_MS },
    encoding: { useBigIntAsLong: true },
    ...(credentials === undefined ? {} : { authProvider: new PlainAuthProvider(credentials) }),
    ...(tls === null
      ? {}
      : { sslOptions: tlsOptions(tls, contactPoints.map(hostOf), "CASSANDRA_TLS") }),
  };
}
