import type { FrameSpec } from "../encoding/frame.js";
import type { Environment } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { EmbeddedTarget } from "./embedded-target.js";
import type { Target } from "./target.js";

export interface OpenTargetOptions {
  /** Refused unless it is the target's. */
  readonly frame?: FrameSpec;
  /** Where user and password of a cluster are found; by default the process's own. */
  readonly env?: Environment;
  /** Told what was settled for the user, a line each. */
  readonly onNote?: (text: string) => void;
}

/**
 * Opens a target for reading, while a load may be under way. Layout and frame are those that it
 * records.
 *
 * @throws OctoloadError TARGET_URL, TARGET_MISSING, TARGET_FRAME, TARGET_LAYOUT, CASSANDRA_* and what
 *   else stands against reading it
 */
export async function openTarget(url: string, options: OpenTargetOptions = {}): Promise<Target> {
  const target = parseTargetUrl(url);
  if (target.kind === "null") {
    throw new OctoloadError("TARGET_MISSING", "null: keeps no row that could be read");
  }
  if (target.kind === "cassandra") {
    const { ClusterTarget } = await import("./cassandra/cluster-target.js");
    return ClusterTarget.open(target, options);
  }
  return EmbeddedTarget.open(target.path, target.layout, options.frame);
}
