import { join } from "node:path";
import { rowTables } from "../../dist/cassandra/tables.js";
import {
  type LoadBench,
  type LoadCost,
  type PeerLoad,
  rowsFile,
  runLoadJob,
  runPeer,
  type StartCost,
} from "./load-bench.js";
import type { PeerProgram } from "./peer-programs.js";
import type { Layout } from "./rows-file.mjs";

/** A way to load the bench's rows into a keyspace that has empty tables. */
export interface Contender {
  /** Also its keyspace's end. */
  readonly id: string;
  readonly name: string;
  readonly layout: Layout;
  /** So far behind that one measurement in several rounds will do. */
  readonly isSlow: boolean;
  readonly load: (bench: LoadBench, keyspace: string, run: string) => Promise<LoadCost>;
}

/** Of a driver's batch, and of the ceiling's. */
const ROWS_OF_BATCH = 32;
const CONCURRENT_BATCHES = 32;
const CONCURRENT_ROWS = 128;

interface CeilingShape {
  readonly rowsOfFrame: number;
  readonly bytesOfFrame: number;
  readonly connections: number;
  readonly window: number;
}

const ceilingShapes = {
  batches: { rowsOfFrame: ROWS_OF_BATCH, bytesOfFrame: 50 * 1024, connections: 2, window: 16 },
  /** Within what the server takes without a warning, as octoload's are. */
  quiet: { rowsOfFrame: 128, bytesOfFrame: 5 * 1024, connections: 2, window: 16 },
  single: { rowsOfFrame: 1, bytesOfFrame: 50 * 1024, connections: 2, window: 128 },
  tile: { rowsOfFrame: 128, bytesOfFrame: 1024 * 1024, connections: 2, window: 16 },
} as const satisfies Record<string, CeilingShape>;

function ceiling(layout: Layout, shape: CeilingShape): Contender["load"] {
  return (bench, keyspace) => {
    const { host, port } = bench;
    const options = { host, port, keyspace, layout, rowsFile: rowsFile(bench, layout), ...shape };
    return runLoadJob("ceiling", options);
  };
}

function octoload(layout: Layout): Contender["load"] {
  return ({ host, port, dc, source, folder }, keyspace, run) => {
    const target = `cassandra://${host}:${port}/${keyspace}?dc=${dc}&layout=${layout}`;
    return runLoadJob("octoload", { source, target, runDir: join(folder, `run-${run}`) });
  };
}

function driver(way: "batches" | "concurrent", window: number): Contender["load"] {
  return (bench, keyspace) => {
    const { host, port, dc } = bench;
    const place = { host, port, dc, keyspace, rowsFile: rowsFile(bench, "node") };
    const shape = { rowsOfBatch: ROWS_OF_BATCH, connections: 2, window };
    return runLoadJob("driver", { way, ...place, ...shape });
  };
}

export const nodeCeiling: Contender = {
  id: "ceiling_node",
  name: "ceiling: ready batches of 32 on bare sockets",
  layout: "node",
  isSlow: false,
  load: ceiling("node", ceilingShapes.batches),
};

export const nodeQuietCeiling: Contender = {
  id: "quiet_node",
  name: "the same, of 5 KiB as the server wants them",
  layout: "node",
  isSlow: true,
  load: ceiling("node", ceilingShapes.quiet),
};

export const nodeSingles: Contender = {
  id: "singles_node",
  name: "ready EXECUTEs, one a row, on bare sockets",
  layout: "node",
  isSlow: true,
  load: ceiling("node", ceilingShapes.single),
};

export const nodeOctoload: Contender = {
  id: "octoload_node",
  name: "octoload, load phase",
  layout: "node",
  isSlow: false,
  load: octoload("node"),
};

export const driverBatches: Contender = {
  id: "batches_node",
  name: "driver, unlogged batches of 32 by token",
  layout: "node",
  isSlow: false,
  load: driver("batches", CONCURRENT_BATCHES),
};

export const driverConcurrent: Contender = {
  id: "concurrent_node",
  name: "driver, executeConcurrent",
  layout: "node",
  isSlow: true,
  load: driver("concurrent", CONCURRENT_ROWS),
};

export const tileCeiling: Contender = {
  id: "ceiling_tile",
  name: "ceiling: ready batches of a tile on bare sockets",
  layout: "tile",
  isSlow: false,
  load: ceiling("tile", ceilingShapes.tile),
};

export const tileOctoload: Contender = {
  id: "octoload_tile",
  name: "octoload, load phase",
  layout: "tile",
  isSlow: false,
  load: octoload("tile"),
};

/** How a peer loads a CSV file with a header into a keyspace. */
type PeerArgs = (bench: LoadBench, keyspace: string, csv: string) => readonly string[];

const dsbulkArgs =
  (layout: Layout): PeerArgs =>
  ({ host, port, dc, folder }, keyspace, csv) => [
    ...["load", "-url", csv, "-k", keyspace, "-t", rowTables[layout].name, "-header", "true"],
    ...["-h", host, "-port", String(port), "-dc", dc, "-logDir", join(folder, "dsbulk-logs")],
  ];

const copyArgs: PeerArgs = ({ host, port }, keyspace, csv) => {
  const { name, columns } = rowTables.node;
  const names = columns.map((column) => column.name).join(", ");
  const copy = `COPY ${keyspace}.${name} (${names}) FROM '${csv}' WITH HEADER = TRUE`;
  return [host, String(port), "-e", copy];
};

/** A peer as a contender, its start once measured and left out. */
export interface PeerContender extends Contender {
  readonly measureStart: (bench: LoadBench, keyspace: string) => Promise<StartCost>;
}

function peerContender(
  facts: Pick<Contender, "id" | "name" | "layout">,
  peer: PeerProgram,
  peerArgs: PeerArgs,
): PeerContender {
  let start: StartCost | undefined;
  const loadOf = (bench: LoadBench, keyspace: string): PeerLoad => {
    const args = (csv: string) => peerArgs(bench, keyspace, csv);
    return { name: facts.id, peer, args };
  };
  const { layout } = facts;
  return {
    ...facts,
    isSlow: true,
    measureStart: async (bench, keyspace) => {
      start = await runPeer(bench, loadOf(bench, keyspace), `${layout}-one.csv`);
      return start;
    },
    load: (bench, keyspace) => runPeer(bench, loadOf(bench, keyspace), `${layout}.csv`, start),
  };
}

export function dsbulkContender(peer: PeerProgram, layout: Layout): PeerContender {
  const facts = { id: `dsbulk_${layout}`, name: "DSBulk 1.10, from CSV", layout };
  return peerContender(facts, peer, dsbulkArgs(layout));
}

export function copyContender(peer: PeerProgram): PeerContender {
  const facts = { id: "copy_node", name: "cqlsh COPY FROM, from CSV", layout: "node" } as const;
  return peerContender(facts, peer, copyArgs);
}
