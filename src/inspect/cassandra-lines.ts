import { claimWriteTime, noTableRuns } from "../cassandra/write-time.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { CassandraFacts } from "./cassandra-facts.js";
import type { ClusterContext } from "./cluster-context.js";
import { guardrailLines } from "./guardrail-lines.js";
import type { CheckLine } from "./lines.js";
import { bytesText, countText, durationText, rowsText } from "./words.js";

/** Leveled compaction holds more than the compacted table while rows come in. */
const WHILE_COMPACTING = 1.5;
/** Of gc_grace: a load that takes longer needs only one bad day to reach it. */
const SAFE_SHARE = 0.5;
/** The server's defaults for one read. */
const TOMBSTONE_WARN = 1000;

/** What a cluster's facts mean for a load. */
export function cassandraLines(facts: CassandraFacts, context: ClusterContext): CheckLine[] {
  return [
    ...nodeLines(facts, context),
    replicationLine(facts, context),
    schemaLine(facts, context),
    clockLine(facts, context),
    ...writeTimeLines(facts, context),
    graceLine(facts, context),
    ...tombstoneLines(facts, context),
    ...diskLines(facts, context),
    ...guardrailLines(facts, context),
    ...leftLines(facts, context),
  ];
}

function nodeLines(facts: CassandraFacts, { line }: ClusterContext): CheckLine[] {
  const { nodes } = facts;
  const versions = [...new Set(nodes.map(({ version }) => version))].sort();
  const isMixed = versions.length > 1;
  const lines = [
    line(
      "version",
      isMixed ? "warning" : "go",
      `${countText(nodes.length)} ${nodes.length === 1 ? "node" : "nodes"} of Cassandra ${versions.join(", ")}`,
      isMixed ? { remedy: "Finish the upgrade before loading." } : {},
    ),
  ];
  const down = nodes.filter(({ isUp }) => !isUp).map(({ address }) => address);
  if (down.length === 0) return lines;
  const finding = `not up: ${down.join(", ")}`;
  const remedy = "Bring them back first: what they miss has to be repaired afterwards.";
  return [...lines, line("nodes", canWrite(facts) ? "warning" : "no-go", finding, { remedy })];
}

/** Replicas that have to answer a write, of so many. */
function required({ consistency }: CassandraFacts, copies: number): number {
  const quorum = Math.floor(copies / 2) + 1;
  const fixed = { one: 1, local_one: 1, two: 2, three: 3, all: copies } as const;
  return consistency in fixed ? fixed[consistency as keyof typeof fixed] : quorum;
}

/** Whether every row can still find enough replicas, however those that are down lie. */
function canWrite(facts: CassandraFacts): boolean {
  const local = facts.nodes.filter(({ datacenter }) => datacenter === facts.datacenter);
  const copies = Math.min(facts.replication[facts.datacenter] ?? 0, local.length);
  const down = local.filter(({ isUp }) => !isUp).length;
  return copies - down >= required(facts, facts.replication[facts.datacenter] ?? 0);
}

function replicationLine(facts: CassandraFacts, { line }: ClusterContext): CheckLine {
  const { replication, replicationNotes, nodes, datacenter } = facts;
  const text = Object.entries(replication)
    .map(([dc, rf]) => `${dc}:${rf}`)
    .join(", ");
  const count = (dc: string) => nodes.filter((node) => node.datacenter === dc).length;
  const short = Object.entries(replication).filter(([dc, rf]) => rf > count(dc));
  const copies = replication[datacenter] ?? 0;
  if (copies === 0) {
    const finding = `${text || "none"}: no copies in ${datacenter}, where requests go`;
    return line("copies", "no-go", finding, { code: "CASSANDRA_REPLICATION" });
  }
  if (short.length > 0) {
    const few = short.map(([dc, rf]) => `${dc} has ${count(dc)} nodes for ${rf} copies`).join(", ");
    const remedy = "Add nodes, or make the keyspace with fewer copies: octoload schema --rf.";
    const isEnough = count(datacenter) >= required(facts, copies);
    return line("copies", isEnough ? "warning" : "no-go", `${text}: ${few}`, { remedy });
  }
  const notes = replicationNotes.length === 0 ? "" : `: ${replicationNotes.join("; ")}`;
  if (copies > 1) return line("copies", "go", `${text}${notes}`);
  const remedy = "A node that is lost takes its rows with it: use three nodes for what counts.";
  return line("copies", "warning", `${text}${notes || ": one copy of each row"}`, { remedy });
}

function schemaLine(facts: CassandraFacts, { line }: ClusterContext): CheckLine {
  const { keyspace, isKeyspaceThere, table, drift, isTableEmpty } = facts;
  if (table === null) {
    const what = isKeyspaceThere ? "the tables are" : `the keyspace ${keyspace} and its tables are`;
    return line(
      "schema",
      "go",
      `${what} made when the load begins, which needs the right to CREATE`,
    );
  }
  if (drift.length > 0) {
    const parts = drift.map(
      ({ item, found, expected }) => `${item} is ${found}, usually ${expected}`,
    );
    const remedy = "Change what was not meant: octoload schema --check lists it.";
    return line("schema", "warning", parts.join("; "), { remedy });
  }
  return line(
    "schema",
    "go",
    `as octoload makes it, the table is ${isTableEmpty ? "empty" : "not empty"}`,
  );
}

function clockLine({ clockFault }: CassandraFacts, { line }: ClusterContext): CheckLine {
  if (clockFault === null) return line("clock", "go", "within 1 s of the coordinator's");
  const { fault, code, remedy } = clockFault;
  return line("clock", "no-go", fault, { code, remedy });
}

/** The run's write time, by the very rule that will claim it. */
function writeTimeLines(facts: CassandraFacts, { line }: ClusterContext): CheckLine[] {
  const { writeTimes, isTableEmpty } = facts;
  const lines: CheckLine[] = [];
  if ((writeTimes?.runs ?? 0n) === 0n && !isTableEmpty) {
    const finding = "the table holds rows, but no run of octoload is recorded";
    const remedy =
      "Rows written later than the load's begin win over it: make sure whose they are.";
    lines.push(line("existing rows", "warning", finding, { remedy }));
  }
  if (writeTimes === null || writeTimes.t0 === null) {
    return [...lines, line("write times", "go", "no dual write: the load's rows replace all")];
  }
  try {
    const nowUs = BigInt(Date.now()) * 1000n;
    const { claim } = claimWriteTime(writeTimes, { nowUs, table: noTableRuns, isTableEmpty });
    const at = new Date(Number(claim.writeTimeUs / 1000n)).toISOString();
    const state = writeTimes.isDualWriteOn ? "dual write is on" : "T0 is set, dual write is off";
    const finding = `${state}: the load writes at ${at}, before every live write`;
    return [...lines, line("write times", "go", finding)];
  } catch (error) {
    if (!(error instanceof OctoloadError)) throw error;
    const { fault, code, remedy } = error;
    return [...lines, line("write times", "no-go", fault, { code, remedy })];
  }
}

/** A live delete has to outlive the longest load, or the load brings its row back. */
function graceLine(facts: CassandraFacts, { plan, line }: ClusterContext): CheckLine {
  const graceMs = facts.gcGraceSeconds * 1000;
  const { totalMs } = plan.times;
  const grace = durationText(graceMs);
  const ttl = facts.table?.ttlSeconds ?? 0;
  if (ttl > 0) {
    const finding = `rows expire after ${durationText(ttl * 1000)}, by the table's default_time_to_live`;
    return line("gc_grace", "warning", finding, { remedy: "Set it to 0 unless that is meant." });
  }
  if (totalMs === null) {
    return line("gc_grace", "go", `${grace}; the load's time is not known without --probe`);
  }
  const finding = `${grace} for a load of about ${durationText(totalMs)}`;
  if (totalMs < graceMs * SAFE_SHARE) return line("gc_grace", "go", finding);
  const remedy = "A row deleted live could come back: raise gc_grace_seconds, or load in parts.";
  return line("gc_grace", totalMs < graceMs ? "warning" : "no-go", finding, { remedy });
}

/** A NULL is left out by a table's first run, and written as a tombstone by later ones. */
function tombstoneLines(facts: CassandraFacts, { source, planned, line }: ClusterContext) {
  const { derived, tiles } = source;
  const nulls = derived.materials.find(({ materialId }) => materialId === null)?.rows ?? 0;
  if (nulls === 0) return [];
  const isFirst = facts.isTableEmpty && (facts.writeTimes?.runs ?? 0n) === 0n;
  if (isFirst) {
    return [line("tombstones", "go", `none: ${rowsText(nulls)} without a material leave it unset`)];
  }
  const share = nulls / Math.max(1, derived.rows);
  const most = planned.layout === "tile" ? Math.ceil(tiles.rowsInLargest * share) : 1;
  const finding = `${rowsText(nulls)} without a material write one each, up to about ${countText(most)} in a partition`;
  const remedy = "Servers warn from 1,000 a read: read tiles by ranges of cells.";
  return [
    most > TOMBSTONE_WARN
      ? line("tombstones", "warning", finding, { remedy })
      : line("tombstones", "go", finding),
  ];
}

function diskLines(facts: CassandraFacts, { planned, line }: ClusterContext): CheckLine[] {
  const needed = Math.round(planned.bytesANode * WHILE_COMPACTING);
  const size = `about ${bytesText(planned.bytesANode)} a node, ${bytesText(needed)} while it compacts`;
  const local = facts.nodes.filter(({ datacenter }) => datacenter === facts.datacenter);
  const known = local.flatMap(({ address, freeBytes }) =>
    freeBytes === null ? [] : [{ address, freeBytes }],
  );
  const full = known.find(({ freeBytes }) => freeBytes < needed);
  if (full !== undefined) {
    const finding = `${size}; ${full.address} has ${bytesText(full.freeBytes)} free`;
    return [line("disk", "no-go", finding, { remedy: "Add disks or nodes before loading." })];
  }
  if (known.length === local.length) {
    const least = Math.min(...known.map(({ freeBytes }) => freeBytes));
    return [line("disk", "go", `${size}; ${bytesText(least)} are free at least`)];
  }
  const remedy = "Servers don't tell: look on the nodes (df, nodetool info).";
  const finding = `${size}; the disks of ${local.length - known.length} nodes can't be seen from here`;
  return [line("disk", "warning", finding, { remedy })];
}

function leftLines({ leftProbes }: CassandraFacts, { line }: ClusterContext): CheckLine[] {
  if (leftProbes.length === 0) return [];
  const finding = `keyspaces of probes that were ended: ${leftProbes.join(", ")}`;
  return [line("left over", "warning", finding, { remedy: "Drop them: DROP KEYSPACE …" })];
}
