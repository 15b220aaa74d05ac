import { type Client, type HostMap, policies } from "cassandra-driver";
import { OctoloadError } from "../errors/octoload-error.js";

const { DCAwareRoundRobinPolicy, LoadBalancingPolicy, TokenAwarePolicy } = policies.loadBalancing;
type Policy = policies.loadBalancing.LoadBalancingPolicy;
type QueryPlan = Parameters<Policy["newQueryPlan"]>;

/**
 * Replicas first, nodes of one data centre only. The data centre is settled while the session is
 * opened, when the cluster's nodes have become known.
 */
export class LocalDcPolicy extends LoadBalancingPolicy {
  readonly #wanted: string | null;
  #local: { readonly datacenter: string; readonly policy: Policy } | undefined;

  /** @param wanted null: the one there is */
  constructor(wanted: string | null) {
    super();
    this.#wanted = wanted;
  }

  /** undefined before the session is open. */
  get datacenter(): string | undefined {
    return this.#local?.datacenter;
  }

  override init(client: Client, hosts: HostMap, callback: (error: Error) => void): void {
    try {
      const datacenter = chooseDatacenter(this.#wanted, datacentersOf(hosts));
      const policy = new TokenAwarePolicy(new DCAwareRoundRobinPolicy(datacenter));
      this.#local = { datacenter, policy };
      policy.init(client, hosts, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override getDistance(...[host]: Parameters<Policy["getDistance"]>) {
    return this.#policy().getDistance(host);
  }

  override newQueryPlan(...plan: QueryPlan): void {
    this.#policy().newQueryPlan(...plan);
  }

  override getOptions(): ReturnType<Policy["getOptions"]> {
    return new Map();
  }

  #policy(): Policy {
    if (this.#local !== undefined) return this.#local.policy;
    throw new OctoloadError("INTERNAL", "the data centre is asked for before it is known");
  }
}

/**
 * The data centre to use. One has to be named where there are several: the wrong one is a copy
 * far away, and LOCAL_QUORUM means another thing there.
 *
 * @throws OctoloadError CASSANDRA_DC
 */
export function chooseDatacenter(wanted: string | null, known: readonly string[]): string {
  const names = known.join(", ");
  if (wanted !== null) {
    if (known.includes(wanted)) return wanted;
    throw new OctoloadError(
      "CASSANDRA_DC",
      `the cluster has no data centre ${JSON.stringify(wanted)}, it has ${names}`,
    );
  }
  const [only, another] = known;
  if (only !== undefined && another === undefined) return only;
  throw new OctoloadError("CASSANDRA_DC", `the cluster has several data centres: ${names}`);
}

function datacentersOf(hosts: HostMap): string[] {
  return [...new Set(hosts.values().map(({ datacenter }) => datacenter))].filter(Boolean).sort();
}
