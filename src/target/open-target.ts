import type { FrameSpec } from "../encoding/frame.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { EmbeddedTarget } from "./embedded-target.js";
import type { Target } from "./target.js";

export interface OpenTargetOptions {
  /** Refused unless it is the target's. */
  readonly frame?: FrameSpec;
}

/**
 * Opens a target for reading, while a load may be under way.
 *
 * @throws OctoloadError TARGET_URL, TARGET_MISSING, TARGET_FRAME, TARGET_LAYOUT and what else stands
 *   against reading it
 */
export async function openTarget(url: string, options: OpenTargetOptions = {}): Promise<Target> {
  return openEmbeddedTarget(url, options);
}

/** As openTarget(), for what reads SQL. */
export function openEmbeddedTarget(url: string, options: OpenTargetOptions = {}): EmbeddedTarget {
  const target = parseTargetUrl(url);
  if (target.kind === "null") {
    throw new OctoloadError("TARGET_MISSING", "null: keeps no row that could be read");
  }
  return EmbeddedTarget.open(target.path, target.layout, options.frame);
}
