import type { FoundTable } from "./inspect.js";
import {
  type Compaction,
  type Compression,
  compactionClasses,
  compressorClasses,
  defaultTableOptions,
  type TableOptions,
} from "./schema-options.js";

const SECONDS_PER_DAY = 86_400;

/** A table's options as `octoload schema` takes them; the default's where it knows none such. */
export function foundTableOptions(found: FoundTable): TableOptions {
  const { chunkKib } = defaultTableOptions;
  return {
    compaction: nameOf<Compaction>(compactionClasses, classOf(found.compaction)) ?? "leveled",
    compression: compressionOf(found),
    chunkKib: Number(found.compression.chunk_length_in_kb ?? chunkKib) || chunkKib,
    ttlSeconds: found.ttlSeconds,
    gcGraceDays: Math.round(found.gcGraceSeconds / SECONDS_PER_DAY),
  };
}

function compressionOf({ compression }: FoundTable): Compression {
  const { enabled } = compression;
  if (enabled === "false" || compression.class === undefined) return "none";
  return nameOf<Compression>(compressorClasses, classOf(compression)) ?? "lz4";
}

function nameOf<Name extends string>(
  classes: Readonly<Record<Name, string | null>>,
  found: string,
): Name | undefined {
  const names = Object.keys(classes) as Name[];
  return names.find((name) => classes[name] === found);
}

/** Servers give the class with its package, some of their releases without. */
function classOf(options: Readonly<Record<string, string>>): string {
  return options.class?.split(".").at(-1) ?? "none";
}
