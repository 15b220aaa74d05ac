import { OctoloadError } from "../errors/octoload-error.js";

/** What INFO says, by field. */
export type ServerInfo = ReadonlyMap<string, string>;

/** The oldest server octoload writes to: scripts replicate their effects from here on. */
const MIN_MAJOR = 5;
/** The first one with Functions. */
const FUNCTIONS_MAJOR = 7;

/** `field:value` lines, sections left out. */
export function parseInfo(text: string): ServerInfo {
  const info = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) info.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return info;
}

/**
 * Whether a server has Functions, by the version it says it is.
 *
 * @throws OctoloadError REDIS_VERSION where it is too old
 */
export function hasFunctions(place: string, version: string): boolean {
  const major = Number(/^(\d+)\./.exec(version)?.[1]);
  if (major >= MIN_MAJOR) return major >= FUNCTIONS_MAJOR;
  throw new OctoloadError(
    "REDIS_VERSION",
    `${place} runs Redis ${version || "of an unknown version"}, but ${MIN_MAJOR}.0 is the oldest that fits`,
  );
}

/**
 * Refuses a server of another kind than the URL says.
 *
 * @throws OctoloadError REDIS_MODE, REDIS_LOADING
 */
export function requireMode(place: string, info: ServerInfo, mode: "standalone" | "cluster"): void {
  if (info.get("loading") === "1") {
    const seconds = info.get("loading_eta_seconds") ?? "?";
    const fault = `${place}: reading its data set, for about ${seconds} s more`;
    throw new OctoloadError("REDIS_LOADING", fault);
  }
  const isCluster = info.get("redis_mode") === "cluster" || info.get("cluster_enabled") === "1";
  if (isCluster !== (mode === "cluster")) {
    const fault = isCluster ? "is a node of a cluster" : "is no node of a cluster";
    throw new OctoloadError("REDIS_MODE", `${place} ${fault}`);
  }
  if (mode === "standalone" && info.get("role") === "slave") {
    const master = `${info.get("master_host")}:${info.get("master_port")}`;
    throw new OctoloadError(
      "REDIS_MODE",
      `${place} is a replica of ${master}, which alone is written`,
    );
  }
}
