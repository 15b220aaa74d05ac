import { NullSink } from "./null-sink.js";
import type { Sink } from "./sink.js";
import { SqliteSink } from "./sqlite/sqlite-sink.js";
import { DEFAULT_LAYOUT, parseTargetUrl } from "./target-url.js";

/**
 * The sink that a target's URL names; it connects when its open() is called.
 *
 * @throws OctoloadError TARGET_URL
 */
export function createSink(url: string): Sink {
  const target = parseTargetUrl(url);
  const layout = target.layout ?? DEFAULT_LAYOUT;
  switch (target.kind) {
    case "sqlite":
      return new SqliteSink(url, target.path, layout);
    case "null":
      return new NullSink(url, layout);
  }
}
