import { NullSink } from "./null-sink.js";
import type { Sink } from "./sink.js";
import type { SinkNotice } from "./sink-notices.js";
import type { SinkTuning } from "./sink-tuning.js";
import { SqliteSink } from "./sqlite/sqlite-sink.js";
import { DEFAULT_LAYOUT, parseTargetUrl } from "./target-url.js";

export interface SinkSettings {
  readonly tuning?: SinkTuning;
  /** Told what people should know. */
  readonly onNotice?: (notice: SinkNotice) => void;
}

/**
 * The sink that a target's URL names. A cluster is connected to now, because its nodes and its
 * tables decide in which order rows are to come; nothing is written yet.
 *
 * @throws OctoloadError TARGET_*, CASSANDRA_*
 */
export async function createSink(url: string, settings: SinkSettings = {}): Promise<Sink> {
  const target = parseTargetUrl(url);
  switch (target.kind) {
    case "sqlite":
      return new SqliteSink(url, target.path, target.layout ?? DEFAULT_LAYOUT);
    case "null":
      return new NullSink(url, target.layout ?? DEFAULT_LAYOUT);
    case "cassandra": {
      // The driver is large: loaded only where it is used.
      const { CassandraSink } = await import("./cassandra/cassandra-sink.js");
      return CassandraSink.connect(url, target, settings);
    }
  }
}
