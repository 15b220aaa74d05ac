import { isAbsolute, relative, resolve } from "node:path";
import { parseTargetUrl } from "./target-url.js";

/**
 * A target's URL as it holds in every folder; one without a relative path is returned as it is.
 *
 * @throws OctoloadError TARGET_URL
 */
export function absoluteTargetUrl(url: string, folder = process.cwd()): string {
  return withPath(url, (path) => (isAbsolute(path) ? path : resolve(folder, path)));
}

/** For people: as somebody in `folder` would write it, where the target is in it or below. */
export function shortTargetUrl(url: string, folder = process.cwd()): string {
  return withPath(url, (path) => {
    const short = isAbsolute(path) ? relative(folder, path) : path;
    return short === "" || short.startsWith("..") ? path : short;
  });
}

function withPath(url: string, change: (path: string) => string): string {
  const target = parseTargetUrl(url);
  if (target.kind !== "sqlite") return url;
  const path = change(target.path);
  // A question mark would be where the path ends.
  if (path.includes("?")) return url;
  const at = url.indexOf(":") + 1;
  return `${url.slice(0, at)}${path}${url.slice(at + target.path.length)}`;
}
