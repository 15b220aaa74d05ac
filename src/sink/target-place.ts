import { absoluteTargetUrl } from "./target-path.js";
import { parseTargetUrl } from "./target-url.js";

/** Equal for URLs of one target, however it is written. @throws OctoloadError TARGET_URL */
export function targetPlace(url: string): string {
  const target = parseTargetUrl(absoluteTargetUrl(url));
  if (target.kind === "sqlite") return target.path;
  if (target.kind === "null") return "";
  return JSON.stringify([[...target.contactPoints].sort(), target.keyspace]);
}
