import { type Earth, loadEarth } from "./earth.js";
import type { GenerateSettings } from "./generate-options.js";
import { GeopackageWriter } from "./geopackage.js";
import { type Ground, GroundMap } from "./ground.js";
import { type SeedWords, seedWords } from "./hash.js";
import { NodeBlock, type NodeFacts } from "./node-block.js";
import { pushRow, type RowContext, type RowValue } from "./node-row.js";
import { OctreeWalk } from "./octree-walk.js";
import { asOutputError, OutputFile } from "./output-file.js";
import { ShuffleFiles } from "./shuffle-files.js";
import { planSplits, ruleOf } from "./split-plan.js";

export interface GenerateResult {
  /** Absolute. */
  readonly path: string;
  readonly nodes: number;
  /** Nodes of each level that has any. */
  readonly levels: Readonly<Record<string, number>>;
  /** Of the file. */
  readonly bytes: number;
}

/** `plan`: cells are counted; `shuffle`: nodes are brought into a random order; then `write`. */
export type GeneratePhase = "plan" | "shuffle" | "write";

/** Called often while a file is built; it ends the build by throwing. */
export type BuildTick = (phase: GeneratePhase, done: number) => void;

type NumberedVisitor = (level: number, k: number, ground: Ground, id: number) => void;

const TICK_EVERY = 4096;
const BLOCK_NODES = 1024;

/**
 * Builds the file in this thread, which takes seconds a million nodes. Memory
 * does not depend on the number of nodes: the tree is walked, never held.
 *
 * @throws OctoloadError OUTPUT_EXISTS, OUTPUT_FAILED, and what `tick` throws
 */
export function build(settings: GenerateSettings, tick: BuildTick): GenerateResult {
  try {
    const output = OutputFile.begin(settings.path, settings.overwrite);
    try {
      const levels = new Builder(settings, output, tick).build();
      return { path: output.path, nodes: settings.nodes, levels, bytes: output.publish() };
    } finally {
      output.end();
    }
  } catch (error) {
    throw asOutputError(error, settings.path);
  }
}

/** One build: where its rows come from and go to. */
class Builder {
  readonly #settings: GenerateSettings;
  readonly #output: OutputFile;
  readonly #tick: BuildTick;
  readonly #seed: SeedWords;
  readonly #walk: OctreeWalk;
  readonly #context: RowContext;

  constructor(settings: GenerateSettings, output: OutputFile, tick: BuildTick) {
    const { frame, maxLevel } = settings;
    const earth: Earth = loadEarth();
    this.#settings = settings;
    this.#output = output;
    this.#tick = tick;
    this.#seed = seedWords(settings.seed);
    const ground = new GroundMap(earth);
    const frameHeight = frame.size[2];
    this.#walk = new OctreeWalk({ ground, seed: this.#seed, maxLevel, frameHeight });
    this.#context = { frame, seed: this.#seed, cities: earth.cities };
  }

  build(): Record<string, number> {
    const writer = new GeopackageWriter(this.#output.draft, describe(this.#settings));
    try {
      const rows = new RowSink(writer, this.#context, this.#counter("write"));
      const levels =
        this.#settings.order === "key" ? this.#writeWalked(rows) : this.#writeShuffled(rows);
      rows.end();
      writer.commit();
      return levels;
    } finally {
      writer.close();
    }
  }

  #writeWalked(rows: RowSink): Record<string, number> {
    const block = new NodeBlock(BLOCK_NODES);
    const levels = this.#walkNodes((level, k, ground, id) => {
      block.push(level, k, ground, id);
      if (!block.isFull) return;
      rows.addAll(block);
      block.count = 0;
    });
    rows.addAll(block);
    return levels;
  }

  #writeShuffled(rows: RowSink): Record<string, number> {
    const files = new ShuffleFiles(this.#output.folder, this.#settings.nodes, this.#seed);
    try {
      const count = this.#counter("shuffle");
      const levels = this.#walkNodes((level, k, ground, id) => {
        files.push(level, k, ground, id);
        count();
      });
      files.drain((block, index) => rows.add(block, index));
      return levels;
    } finally {
      files.close();
    }
  }

  /** Walks the tree of exactly the nodes asked for; returns how many each level has. */
  #walkNodes(use: NumberedVisitor): Record<string, number> {
    const plan = planSplits(this.#walk, this.#settings.nodes, this.#counter("plan"));
    const levels: Record<string, number> = {};
    let id = 0;
    this.#walk.run(ruleOf(plan), (level, k, ground) => {
      levels[level] = (levels[level] ?? 0) + 1;
      use(level, k, ground, ++id);
    });
    return levels;
  }

  /** A function to be called for each node of a phase. */
  #counter(phase: GeneratePhase): () => void {
    let done = 0;
    return () => {
      if (++done % TICK_EVERY === 0) this.#tick(phase, done);
    };
  }
}

/** Turns nodes into rows and writes them. */
class RowSink {
  readonly #writer: GeopackageWriter;
  readonly #context: RowContext;
  readonly #count: () => void;
  readonly #values: RowValue[] = [];
  readonly #node: NodeFacts = {
    i: 0,
    j: 0,
    k: 0,
    level: 0,
    id: 0,
    coastKm: 0,
    elevation: 0,
    city: -1,
    cityKm: 0,
  };

  constructor(writer: GeopackageWriter, context: RowContext, count: () => void) {
    this.#writer = writer;
    this.#context = context;
    this.#count = count;
  }

  addAll(block: NodeBlock): void {
    for (let n = 0; n < block.count; n++) this.add(block, n);
  }

  add(block: NodeBlock, index: number): void {
    block.read(index, this.#node);
    pushRow(this.#values, this.#node, this.#context);
    this.#writer.writeFull(this.#values);
    this.#count();
  }

  end(): void {
    this.#writer.writeRest(this.#values);
  }
}

function describe({ frame, seed, maxLevel }: GenerateSettings): string {
  return (
    `Octree of the Earth, frame ${frame.name}, seed ${seed}, levels 0 to ${maxLevel}. ` +
    "Coastlines: Natural Earth. Cities: GeoNames (CC BY 4.0)."
  );
}
