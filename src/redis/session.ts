import { Cluster, type Redis } from "ioredis";
import type { Environment } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireAccess } from "./access.js";
import { ClientFactory, keepTrying, type Retry } from "./client.js";
import { ClusterTopology } from "./cluster-topology.js";
import { installPut, type PutForm, putFunctionForm, putScriptForm } from "./put-form.js";
import { hostOfNode, nodeName, type RedisHost } from "./redis-hosts.js";
import type { RedisTarget } from "./redis-url.js";
import { slotOfKey } from "./resp.js";
import { readRedisCredentials } from "./secrets.js";
import { hasFunctions, parseInfo, requireMode } from "./server-info.js";

export interface RedisSessionOptions {
  /** Where user and password are found; by default the process's own. */
  readonly env?: Environment;
  /** Told what was settled for the user, a line each. */
  readonly onNote?: (text: string) => void;
  /** By default a Function where all servers have them, Redis 7.0, else a script. */
  readonly form?: PutForm["kind"];
  /** Leave the servers as they are: what puts entries is not loaded, and rights are not tried. */
  readonly onlyLooks?: boolean;
}

/** An open session with a server or a cluster. */
export class RedisSession {
  readonly target: RedisTarget;
  /** The hosts of the URL, for messages. */
  readonly place: string;
  readonly form: PutForm;
  readonly #clients: ClientFactory;
  readonly #topology: ClusterTopology | null;
  readonly #controls = new Map<string, Redis>();

  private constructor(
    target: RedisTarget,
    {
      clients,
      topology,
      form,
    }: { clients: ClientFactory; topology: ClusterTopology | null; form: PutForm },
  ) {
    this.target = target;
    this.place = target.hosts.map(nodeName).join(", ");
    this.form = form;
    this.#clients = clients;
    this.#topology = topology;
  }

  /**
   * Connects, checks user, rights, mode and version of all masters, and loads into them what puts
   * entries, where it is missing. No key is written.
   *
   * @throws OctoloadError REDIS_UNREACHABLE, REDIS_AUTH, REDIS_TLS, REDIS_PERMISSION, REDIS_MODE,
   *   REDIS_LOADING, REDIS_VERSION, REDIS_SECRETS, REDIS_REFUSED
   */
  static async connect(
    target: RedisTarget,
    options: RedisSessionOptions = {},
  ): Promise<RedisSession> {
    const credentials = readRedisCredentials(options.env ?? process.env, target.username);
    const clients = new ClientFactory(target, credentials);
    const first = await firstServer(target, clients);
    const topology = target.mode === "cluster" ? await openTopology(target, clients, first) : null;
    try {
      const masters = topology?.masters() ?? [nodeName(first)];
      const form = await prepareServers(masters, target, clients, options);
      return new RedisSession(target, { clients, topology, form });
    } catch (error) {
      topology?.close();
      throw error;
    }
  }

  /** The servers that are written to, as `host:port`. */
  masters(): readonly string[] {
    return this.#topology?.masters() ?? this.target.hosts.map(nodeName);
  }

  /** Of a cluster; null where the server stands alone. */
  get topology(): ClusterTopology | null {
    return this.#topology;
  }

  /** A connection to one server for the caller alone, not opened yet; by default it keeps trying. */
  ownClient(node: string, retry: Retry = keepTrying): Redis {
    return this.#clients.client(hostOfNode(node), retry);
  }

  /** Loads what puts entries over a client's connection. @throws what ioredis throws, OctoloadError */
  prepare(client: Redis, node: string): Promise<void> {
    return installPut(client, this.form, node);
  }

  /**
   * Sends one command to one server, over a connection kept for such.
   *
   * @throws OctoloadError REDIS_*
   */
  async command(
    node: string,
    name: string,
    ...args: readonly (string | Buffer)[]
  ): Promise<unknown> {
    let client = this.#controls.get(node);
    if (client === undefined) {
      client = this.ownClient(node);
      this.#controls.set(node, client);
    }
    try {
      return await client.call(name, [...args]);
    } catch (error) {
      throw this.#clients.failure(error, node);
    }
  }

  /**
   * Sends a command about one key to whoever has it.
   *
   * @param words between name and key, such as USAGE of MEMORY
   * @throws OctoloadError REDIS_*
   */
  keyCommand(name: string, key: Buffer, ...words: readonly string[]): Promise<unknown> {
    const node = this.#topology?.owners()[slotOfKey(key)] ?? this.masters()[0] ?? "";
    return this.command(node, name, ...words, key);
  }

  close(): void {
    this.#topology?.close();
    for (const client of this.#controls.values()) client.disconnect();
    this.#controls.clear();
  }
}

/** The first host that answers; a cluster has several to ask. */
async function firstServer(target: RedisTarget, clients: ClientFactory): Promise<RedisHost> {
  let failure: unknown;
  for (const host of target.hosts) {
    try {
      const client = await clients.connect(host);
      const place = nodeName(host);
      try {
        requireMode(place, parseInfo(await infoOf(client, clients, place)), target.mode);
        return host;
      } finally {
        client.disconnect();
      }
    } catch (error) {
      // A server that answers tells more than another that does not.
      if (failure === undefined || isUnreachable(failure)) failure = error;
    }
  }
  throw failure;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof OctoloadError && error.code === "REDIS_UNREACHABLE";
}

async function infoOf(client: Redis, clients: ClientFactory, place: string): Promise<string> {
  try {
    return await client.info();
  } catch (error) {
    throw clients.failure(error, place);
  }
}

async function openTopology(
  target: RedisTarget,
  clients: ClientFactory,
  first: RedisHost,
): Promise<ClusterTopology> {
  const others = target.hosts.filter((host) => host !== first);
  const cluster = new Cluster([first, ...others], {
    lazyConnect: true,
    enableReadyCheck: false,
    redisOptions: clients.commonOptions,
    clusterRetryStrategy: (attempt) => keepTrying(attempt),
    slotsRefreshTimeout: 2_000,
  });
  const topology = new ClusterTopology(cluster);
  try {
    await topology.open();
    return topology;
  } catch (error) {
    topology.close();
    throw clients.failure(error, nodeName(first));
  }
}

/** All masters, so that what one of them refuses is known before the load. */
async function prepareServers(
  masters: readonly string[],
  target: RedisTarget,
  clients: ClientFactory,
  options: RedisSessionOptions,
): Promise<PutForm> {
  const servers = await Promise.all(
    masters.map(async (place) => ({ place, client: await clients.connect(hostOfNode(place)) })),
  );
  try {
    const versions = await Promise.all(
      servers.map(async ({ place, client }) => {
        const info = parseInfo(await infoOf(client, clients, place));
        const version = info.get("redis_version") ?? "";
        return { version, isNew: hasFunctions(place, version) };
      }),
    );
    const form = chooseForm(versions, options);
    for (const { place, client } of options.onlyLooks === true ? [] : servers) {
      await prepareServer(client, { form, prefix: target.prefix, place }, clients);
    }
    return form;
  } finally {
    for (const { client } of servers) client.disconnect();
  }
}

async function prepareServer(
  client: Redis,
  facts: { form: PutForm; prefix: string; place: string },
  clients: ClientFactory,
): Promise<void> {
  try {
    await installPut(client, facts.form, facts.place);
    await requireAccess(client, facts);
  } catch (error) {
    throw clients.failure(error, facts.place);
  }
}

function chooseForm(
  versions: readonly { readonly version: string; readonly isNew: boolean }[],
  { form, onNote }: RedisSessionOptions,
): PutForm {
  if (form === "script") return putScriptForm;
  const old = versions.find(({ isNew }) => !isNew);
  if (old === undefined || form === "function") return putFunctionForm;
  onNote?.(
    `Redis ${old.version} has no Functions (7.0 and newer have): entries are written by a script, which keeps newer ones as well`,
  );
  return putScriptForm;
}
