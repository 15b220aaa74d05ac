import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf, requireFree } from "../backfill/disk-room.js";
import { deriveRows, describeCollision } from "../load/derive-stage.js";
import { type DerivedSummary, summarizeDerived } from "../load/derived-summary.js";
import type { LoadSettings } from "../load/load-settings.js";
import type { RunEvent } from "../load/progress.js";
import { ProgressTracker } from "../load/progress-tracker.js";
import { RateLimiter } from "../load/rate-limiter.js";
import { describeRowFault } from "../load/row-faults.js";
import { ErrorCount, type StageContext } from "../load/run-context.js";
import { pointOf, scanSource } from "../load/scan.js";
import { type Collision, type DerivedFacts, SortedRun } from "../load/sorted-run.js";
import { findFileFacts } from "../source/file-anomalies.js";
import type { Source } from "../source/source.js";
import type { RowAddress, SourceFile } from "../source/source-options.js";
import { RankPicker } from "./rank-picker.js";
import type { RejectedRows } from "./rejections.js";
import { SAMPLE_ROWS, SAMPLE_SEED } from "./sample-rows.js";
import type { ColumnFacts, RejectedFacts, SourceFacts, SourceFileFacts } from "./source-facts.js";
import { SourceSurvey } from "./source-survey.js";

const LOOK_INTERVAL_MS = 250;
const COLLISION_EXAMPLES = 3;

export interface SurveyOptions {
  readonly settings: LoadSettings;
  /** Where keys are sorted; by default the system's folder for such. */
  readonly workDir?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (event: RunEvent) => void;
}

export interface Survey {
  readonly facts: SourceFacts;
  readonly derived: DerivedSummary;
  /** Of the seeded sample. */
  readonly sample: readonly RowAddress[];
}

/**
 * Reads a source once, derives from its keys and throws everything away but what was learnt: the
 * stages of a load, without a target, and without sorting rows.
 *
 * @throws OctoloadError SOURCE_*, RUN_DISK_*, RUN_MEMORY, TOO_MANY_MATERIALS; RunInterrupted
 */
export async function surveySource(source: Source, options: SurveyOptions): Promise<Survey> {
  const { settings, workDir = tmpdir() } = options;
  const rows = await source.count();
  const room = { rows, bytes: bytesOf(source.files) };
  await requireFree(workDir, settings.memoryBytes, room, ["source"]);
  const folder = await mkdtemp(join(workDir, "octoload-inspect-"));
  const sorted = await SortedRun.open({
    folder,
    identity: "inspect",
    memoryBytes: settings.memoryBytes,
    orders: ["source"],
    onlyCounts: true,
    frame: settings.frame,
    coerceText: settings.coerceText,
    minLevel: settings.levels.min,
    maxLevel: settings.levels.max,
    limit: settings.limit ?? Number.MAX_SAFE_INTEGER,
    selection: undefined,
  });
  try {
    return await new SourceReading(source, sorted, rows, options).run();
  } finally {
    await sorted.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class SourceReading {
  readonly #source: Source;
  readonly #sorted: SortedRun;
  readonly #rows: number;
  readonly #options: SurveyOptions;
  readonly #survey: SourceSurvey;
  readonly #picker: RankPicker;
  readonly #tracker: ProgressTracker;
  readonly #collisions: Collision[] = [];

  constructor(source: Source, sorted: SortedRun, rows: number, options: SurveyOptions) {
    this.#source = source;
    this.#sorted = sorted;
    this.#rows = rows;
    this.#options = options;
    this.#survey = new SourceSurvey(options.settings.frame.toJSON(), source.files);
    this.#picker = new RankPicker(SAMPLE_ROWS, rows, SAMPLE_SEED);
    const nowMs = () => performance.now();
    this.#tracker = new ProgressTracker({ runId: "inspect", sinkUrls: [], nowMs });
    this.#tracker.planned("scan", rows);
    this.#tracker.planned("derive", rows);
  }

  async run(): Promise<Survey> {
    const { onProgress } = this.#options;
    const context = this.#context();
    const look = () => onProgress({ event: "progress", ...this.#tracker.snapshot() });
    const timer = setInterval(look, LOOK_INTERVAL_MS);
    try {
      const startMs = performance.now();
      const columnSets = this.#source.files.map(({ columnSet }) => columnSet);
      await scanSource(this.#source, columnSets, context, (batch) => {
        this.#survey.add(batch);
        this.#picker.add(batch);
      });
      const scannedMs = performance.now();
      this.#tracker.phase("derive");
      const facts = await this.#derive(context);
      const times = { scanMs: scannedMs - startMs, deriveMs: performance.now() - scannedMs };
      return await this.#result(facts, times);
    } finally {
      clearInterval(timer);
    }
  }

  #context(): StageContext {
    const { settings, signal } = this.#options;
    return {
      settings: { ...settings, onCollision: "newest" },
      sorted: this.#sorted,
      tracker: this.#tracker,
      // Counted by the survey, and nobody steers it.
      store: { addDeadLetters: async () => [] },
      control: { createGate: () => new RateLimiter() },
      reportsRejected: false,
      errors: new ErrorCount(Number.POSITIVE_INFINITY, 0),
      signal,
    };
  }

  async #derive(context: StageContext): Promise<DerivedFacts> {
    const facts = await deriveRows([], undefined, context, (collisions) => {
      const wanted = COLLISION_EXAMPLES - this.#collisions.length;
      if (wanted > 0) this.#collisions.push(...collisions.slice(0, wanted));
    });
    if (facts === undefined) throw new Error("a folder of its own held an earlier derivation");
    return facts;
  }

  async #result(
    facts: DerivedFacts,
    times: { readonly scanMs: number; readonly deriveMs: number },
  ): Promise<Survey> {
    const source = this.#source;
    const { mark } = this.#sorted;
    const derived = summarizeDerived(facts);
    const { map: _, ...withoutMap } = derived;
    const counts = await source.countFiles();
    const { stages } = this.#tracker.snapshot();
    const busyMs = (stage: string) => stages.find(({ name }) => name === stage)?.busyMs ?? 0;
    return {
      derived,
      sample: this.#picker.picked,
      facts: {
        name: source.name,
        fingerprint: await source.fingerprint(),
        frame: this.#options.settings.frame.toJSON(),
        files: source.files.map((file, i) => this.#fileFacts(file, i, counts[i] ?? 0)),
        rows: this.#rows,
        selected: mark.selected,
        rejected: await Promise.all(
          this.#survey.rejections.rejected.map((one) => this.#describe(one)),
        ),
        collisionExamples: this.#collisions.map((one) => describeCollision(one, source.files)),
        unreadableCreated: mark.unreadableCreated,
        fit: this.#survey.fitter.facts,
        metadata: this.#survey.metadata.facts,
        envelopeBytes: mark.envelopeBytes,
        derived: withoutMap,
        tiles: {
          byLevel: Array.from(facts.tilesByLevel, (tiles, level) => ({ level, tiles })).filter(
            ({ tiles }) => tiles > 0,
          ),
          rowsInLargest: facts.rowsInLargestTile,
        },
        times: {
          ...times,
          readMs: busyMs("pack"),
          encodeMs: busyMs("encode"),
          sortMs: busyMs("sort"),
        },
      },
    };
  }

  #fileFacts(file: SourceFile, number: number, rows: number): SourceFileFacts {
    const classes = this.#survey.classesOf(number, file);
    const meanings = new Map(Object.entries(file.columnNames).map(([key, name]) => [name, key]));
    const columns = file.columns.flatMap(({ name, declaredType }): ColumnFacts[] => {
      const found = classes.get(name);
      if (found === undefined) return [];
      return [{ name, declaredType, meaning: meanings.get(name) ?? null, classes: found }];
    });
    const findings = findFileFacts(file.path, file.table);
    return {
      ...findings,
      path: file.path,
      table: file.table,
      rows,
      geometryColumn: file.geometry,
      columns,
    };
  }

  /** Only the examples are read again. */
  async #describe({ code, rows, examples }: RejectedRows): Promise<RejectedFacts> {
    const { frame } = this.#options.settings;
    const described = examples.map(async ({ file: number, rowid, status }) => {
      const file = this.#source.files[number];
      if (file === undefined) return { file: String(number), rowid: String(rowid), message: "" };
      const [values = null] = await this.#source.rows(number, [rowid]);
      const { message } = describeRowFault(status, frame, pointOf(file, values));
      return { file: file.path, rowid: String(rowid), message };
    });
    return { code, rows, examples: await Promise.all(described) };
  }
}
