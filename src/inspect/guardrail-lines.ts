import {
  parseSettingList,
  parseSettingMs,
  type ServerSettings,
} from "../cassandra/server-settings.js";
import { parseSettingBytes } from "../sink/cassandra/frame-limits.js";
import type { CassandraFacts } from "./cassandra-facts.js";
import type { ClusterContext } from "./cluster-context.js";
import type { CheckLine } from "./lines.js";
import { mayExceed } from "./value-lengths.js";
import { bytesText, countText, durationText, rowsText } from "./words.js";

/** What a row of layout node counts in a batch besides its envelope: native/cql/mutation_size.h. */
const NODE_MUTATION_BYTES = 168;
/** The servers' defaults. */
const BATCH_WARN_BYTES = 5 * 1024;
const MAX_MUTATION_BYTES = 16 * 2 ** 20;
/** What a row has in a mutation besides its metadata, at most, as long as nothing else is large. */
const ROW_HEAD_BYTES = 1024;

/** Limits of the servers that a load would meet. Where nodes differ, the strictest counts. */
export function guardrailLines(facts: CassandraFacts, context: ClusterContext): CheckLine[] {
  const known = facts.nodes.flatMap(({ settings }) => (settings === null ? [] : [settings]));
  const { line } = context;
  if (known.length === 0) {
    const remedy = "Let the user SELECT from system_views.settings.";
    return [line("limits", "warning", "no node tells its settings", { remedy })];
  }
  return [
    batchLine(known, context),
    ...rowSizeLines(known, context),
    ...partitionLines(known, context),
    ...timestampLines(known, context),
    ...consistencyLines(known, facts, context),
    ...copiesLines(known, facts, context),
    ...diskUsageLines(known, context),
  ];
}

type Settings = readonly ServerSettings[];

/** The least of a setting, by each of its names; undefined: no node sets it. */
function leastBytes(settings: Settings, ...names: readonly string[]): number | undefined {
  const found = settings.flatMap((one) =>
    names.flatMap((name) => parseSettingBytes(name, one.get(name)) ?? []),
  );
  return found.length === 0 ? undefined : Math.min(...found);
}

function leastNumber(settings: Settings, name: string): number | undefined {
  const found = settings.map((one) => Number(one.get(name))).filter((value) => value > 0);
  return found.length === 0 ? undefined : Math.min(...found);
}

function leastMs(settings: Settings, name: string): number | undefined {
  const found = settings.flatMap((one) => parseSettingMs(one.get(name)) ?? []);
  return found.length === 0 ? undefined : Math.min(...found);
}

function batchLine(settings: Settings, { source, planned, line }: ClusterContext): CheckLine {
  if (planned.layout === "tile") {
    return line("batches", "go", "of one partition each, which no limit of the servers applies to");
  }
  const warn =
    leastBytes(settings, "batch_size_warn_threshold", "batch_size_warn_threshold_in_kb") ??
    BATCH_WARN_BYTES;
  const mean = source.envelopeBytes / Math.max(1, source.rows) + NODE_MUTATION_BYTES;
  const rows = Math.max(1, Math.floor(warn / mean));
  const alone = mayExceed(source.metadata, warn - NODE_MUTATION_BYTES);
  const single = alone === 0 ? "" : `; up to ${rowsText(alone)} larger than that travel alone`;
  const finding = `about ${countText(rows)} rows each, within the servers' ${bytesText(warn)}${single}`;
  if (rows > 4) return line("batches", "go", finding);
  const remedy = "Raise batch_size_warn_threshold, or use layout tile, for a faster load.";
  return line("batches", "warning", finding, { remedy });
}

/** A value or a row that is larger than a server takes is rejected, and no other. */
function rowSizeLines(settings: Settings, { source, line }: ClusterContext): CheckLine[] {
  const mutation = leastBytes(settings, "max_mutation_size", "max_mutation_size_in_kb");
  const frame = leastBytes(
    settings,
    "native_transport_max_frame_size",
    "native_transport_max_frame_size_in_mb",
  );
  const value = leastBytes(
    settings,
    "column_value_size_fail_threshold",
    "column_blob_value_size_fail_threshold",
  );
  const most = Math.min(mutation ?? MAX_MUTATION_BYTES, frame ?? Infinity, value ?? Infinity);
  const longest = source.metadata.longest?.bytes ?? 0;
  const finding = `${bytesText(most)} at most, ${bytesText(longest)} the longest metadata`;
  if (longest + ROW_HEAD_BYTES <= most) return [line("row size", "go", finding)];
  const rows = mayExceed(source.metadata, most - ROW_HEAD_BYTES);
  const remedy = "Rows that don't compress below it are rejected: raise the servers' limit.";
  const text = `${finding}: up to ${rowsText(rows)} may be refused`;
  return [line("row size", "warning", text, { code: "TOO_LARGE", remedy })];
}

function partitionLines(settings: Settings, { plan, planned, line }: ClusterContext): CheckLine[] {
  if (planned.layout !== "tile") return [];
  const largest = plan.layouts.tile.largestPartitionBytes;
  const fail = leastBytes(settings, "partition_size_fail_threshold");
  const warn = leastBytes(settings, "partition_size_warn_threshold") ?? 100 * 2 ** 20;
  const limit = fail ?? warn;
  const finding = `${bytesText(largest)} the largest, ${bytesText(limit)} ${fail === undefined ? "is where servers warn" : "at most"}`;
  if (largest <= limit) return [line("partitions", "go", finding)];
  return [line("partitions", fail === undefined ? "warning" : "no-go", finding)];
}

/**
 * Servers compare only times that a statement itself names (USING TIMESTAMP; tag cassandra-5.0.6,
 * ModificationStatement.validateTimestamp). octoload's is the request's default timestamp.
 */
function timestampLines(settings: Settings, { plan, line }: ClusterContext): CheckLine[] {
  const oldest = leastMs(settings, "minimum_timestamp_fail_threshold");
  const newest = leastMs(settings, "maximum_timestamp_fail_threshold");
  const isForbidden = settings.some((one) => one.get("user_timestamps_enabled") === "false");
  const totalMs = plan.times.totalMs ?? 0;
  const limits = [
    ...(oldest === undefined ? [] : [`older than ${durationText(oldest)}`]),
    ...(newest === undefined ? [] : [`newer than ${durationText(newest)} ahead`]),
    ...(isForbidden ? ["of any kind"] : []),
  ];
  if (limits.length === 0) return [line("write timestamps", "go", "the servers refuse none")];
  const finding = `the servers refuse timestamps ${limits.join(", ")} in statements; octoload's are the requests' own, which they do not compare`;
  const isNear = oldest !== undefined && totalMs > oldest;
  const remedy =
    "Services that write USING TIMESTAMP during dual write are refused: raise the limits meanwhile.";
  const text = isNear ? `${finding}, though the load takes longer than that` : finding;
  return [line("write timestamps", "warning", text, { remedy })];
}

function consistencyLines(
  settings: Settings,
  { consistency }: CassandraFacts,
  { line }: ClusterContext,
): CheckLine[] {
  const name = consistency.toUpperCase();
  const names = (setting: string) => settings.flatMap((one) => parseSettingList(one.get(setting)));
  if (names("write_consistency_levels_disallowed").includes(name)) {
    const remedy = "Choose another with ?consistency=, or allow it.";
    return [line("consistency", "no-go", `the servers refuse writes at ${name}`, { remedy })];
  }
  if (names("write_consistency_levels_warned").includes(name)) {
    return [line("consistency", "warning", `the servers warn of writes at ${name}`)];
  }
  return [line("consistency", "go", `writes at ${name}`)];
}

/** Only of a keyspace that is still to be made. */
function copiesLines(
  settings: Settings,
  { isKeyspaceThere, replication }: CassandraFacts,
  { line }: ClusterContext,
): CheckLine[] {
  if (isKeyspaceThere) return [];
  const least = Math.min(...Object.values(replication));
  const needed = Math.max(
    0,
    ...settings.map((one) => Number(one.get("minimum_replication_factor_fail_threshold") ?? -1)),
  );
  if (least >= needed) return [];
  const finding = `the servers refuse keyspaces with fewer than ${needed} copies, this would have ${least}`;
  const remedy = "Make it with more copies on more nodes: octoload schema --rf --apply.";
  return [line("new keyspace", "no-go", finding, { remedy })];
}

function diskUsageLines(settings: Settings, { line }: ClusterContext): CheckLine[] {
  const percent = leastNumber(settings, "data_disk_usage_percentage_fail_threshold");
  if (percent === undefined) return [];
  const finding = `the servers refuse writes when a disk is ${percent} % full`;
  const remedy = "Compare with the disks' size and what the load adds.";
  return [line("disk guardrail", "warning", finding, { remedy })];
}
