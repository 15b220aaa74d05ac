import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { redrive } from "../../src/backfill/redrive.js";
import { generate } from "../../src/generate/generate.js";
import type { BackfillOptions } from "../../src/load/load-settings.js";
import type { RunEvent } from "../../src/load/progress.js";
import {
  type BackfillCase,
  backfillCase,
  exportOf,
  load,
  loadCommand,
} from "../support/backfill-case.js";
import { killRounds } from "../support/kill-rounds.js";
import { nastyTable } from "../support/nasty-tables.js";
import { rejectionOf } from "../support/rejection-of.js";
import {
  deadLettersOf,
  nodeTable,
  readJson,
  smallMemory,
  targetCells,
} from "../support/run-samples.js";
import { runs, seed } from "../support/seed.js";
import { writeTable } from "../support/source-tables.js";
import { targetDigest } from "../support/target-digest.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const bySource = { order: "source" } as const;
let made = 0;

function lettersOf(runDir: string): string[] {
  return deadLettersOf(runDir).map(
    ({ file, rowid, code, row }) => `${file} ${rowid} ${code} ${row}`,
  );
}

/** A load in each order, into targets of their own. */
async function loadBoth(sources: readonly string[], options: BackfillOptions) {
  made += 1;
  const at = join(folder, `both-${made}`);
  mkdirSync(at);
  const loadAs = async (order: "key" | "source") => {
    const target = join(at, `${order}.octree`);
    const runDir = join(at, order);
    const to = [`sqlite:${target}`];
    const { report } = await backfill({ ...smallMemory, ...options, sources, to, runDir, order });
    const { total, sinks, exitCode } = report;
    const [{ loaded, rejected, skipped } = { loaded: 0, rejected: 0, skipped: 0 }] = sinks;
    const counts = { total, loaded, rejected, skipped, exitCode };
    return { counts, cells: targetCells(target), letters: lettersOf(runDir) };
  };
  return { byKey: await loadAs("key"), bySource: await loadAs("source") };
}

const anyOptions: fc.Arbitrary<BackfillOptions> = fc.record(
  {
    limit: fc.nat(40),
    levels: fc.constantFrom({ min: 0, max: 3 }, { min: 2, max: 26 }),
    coerceText: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe("a load in the order of the source", () => {
  it("leaves what a load in the order of keys leaves, of nasty tables too", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(nastyTable, { minLength: 1, maxLength: 2, size: "max" }),
        anyOptions,
        async (tables, options) => {
          made += 1;
          const paths = tables.map((table, i) => {
            const path = join(folder, `nasty-${made}-${i}.db`);
            writeTable(path, table);
            return path;
          });
          const { byKey, bySource: other } = await loadBoth(paths, {
            ...options,
            maxErrors: "100%",
          });
          expect(other).toEqual(byKey);
          const { total, loaded, rejected, skipped } = other.counts;
          expect(loaded + rejected + skipped).toBe(total);
        },
      ),
      runs(4),
    );
  });

  it("sends a redrive the same rows", async () => {
    const digests: ReturnType<typeof targetDigest>[] = [];
    for (const order of ["key", "source"] as const) {
      const at = backfillCase(folder, nodeTable(300, { 7: { X: "east" }, 9: { Level: 99n } }));
      await load(at, { order, maxErrors: "100%" });
      const database = new Database(at.source);
      database.exec("UPDATE nodes SET X = -19999999.0, Y = 5.0 WHERE rowid = 8");
      database.close();
      const newRunDir = join(at.folder, "again");
      const result = await redrive({ runDir: at.runDir, newRunDir, ...smallMemory });
      expect(result.kind).toBe("loaded");
      expect(readJson(newRunDir, "run.json").order).toBe(order);
      digests.push(targetDigest(at.target));
    }
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[0]?.rows).toBe(299);
  });

  it("gives the source back bit for bit", async () => {
    const at = backfillCase(folder, nodeTable(500));
    const byKey = backfillCase(folder, nodeTable(500));
    await load(at, bySource);
    await load(byKey);
    expect(await exportOf(at)).toEqual(await exportOf(byKey));
  });
});

describe("a run in the order of the source", () => {
  const rows = 40_000;
  let whole: BackfillCase;

  beforeAll(async () => {
    whole = backfillCase(folder, nodeTable(rows, { 77: { X: null }, 30000: { MaterialId: 1.5 } }));
    await load(whole);
  });

  const again = (name: string): BackfillCase => ({
    ...whole,
    target: `${whole.target}-${name}`,
    runDir: `${whole.runDir}-${name}`,
  });

  /** Ends after the first acknowledged batches, the source unread to its end. */
  async function begin(at: BackfillCase): Promise<void> {
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.migrated > 0) stop.abort();
    };
    const options = { ...bySource, rowsPerSecond: 1 };
    const first = await load(at, options, { signal: stop.signal, onProgress });
    expect(first.outcome).toBe("interrupted");
    expect(first.sinks[0]?.loaded).toBeGreaterThan(0);
    expect(first.sinks[0]?.loaded).toBeLessThan(rows - 2);
  }

  it("goes on behind its last acknowledged row, and spills no rows", async () => {
    const at = again("resumed");
    await begin(at);
    const spill = join(at.runDir, "spill");
    const files = readdirSync(spill, { recursive: true, encoding: "utf8" });
    expect(files.some((name) => name.startsWith("rows-"))).toBe(false);
    const bytes = files.reduce((sum, name) => sum + statSync(join(spill, name)).size, 0);
    expect(bytes).toBeLessThan(150 * rows);
    const resumed = await load(at, { rowsPerSecond: null });
    expect(resumed.sinks[0]).toMatchObject({ loaded: rows - 2, rejected: 2 });
    expect(targetDigest(at.target)).toEqual(targetDigest(whole.target));
    expect(lettersOf(at.runDir)).toEqual(lettersOf(whole.runDir));
  });

  it("ends where the source has changed since its rows were derived", async () => {
    const at = { ...again("changed"), source: join(folder, "changing.db") };
    writeTable(at.source, nodeTable(rows));
    const edit = (id: number) => {
      const database = new Database(at.source);
      database.exec(`UPDATE nodes SET Density = 3 WHERE Id = ${id}`);
      database.close();
    };
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "load") edit(rows - 1);
    };
    const first = await rejectionOf(load(at, bySource, { onProgress }));
    expect(first).toMatchObject({ code: "SOURCE_CHANGED" });
    expect(await rejectionOf(load(at))).toMatchObject({ code: "SOURCE_CHANGED" });
    expect((await load(at, { restart: true, ...bySource })).outcome).toBe("done");
    expect(targetDigest(at.target).rows).toBe(rows);
  });

  it("is resumed in no other order", async () => {
    const at = again("other");
    await begin(at);
    expect(await rejectionOf(load(at, { order: "key" }))).toMatchObject({ code: "RUN_OTHER" });
  });

  it("takes no target of layout tile and no shard", async () => {
    const at = again("refused");
    const tile = [`sqlite:${at.target}?layout=tile`];
    const both = [`sqlite:${at.target}`, "null:?layout=tile"];
    const shard = { index: 1, count: 2, runId: "parts" };
    const memoryBytes = 2 ** 29;
    for (const options of [{ to: tile }, { to: both, memoryBytes }, { shard }]) {
      const error = await rejectionOf(load(at, { ...bySource, ...options }));
      expect(error).toMatchObject({ code: "USAGE" });
    }
    const { exitCode, error } = await loadCommand(at, "--order", "sideways");
    expect([exitCode, error?.code]).toEqual([3, "USAGE"]);
  });
});

describe("a load in the order of the source that is killed", () => {
  it("ends with the target of an undisturbed one, and sends little again", async () => {
    const source = join(folder, "earth.gpkg");
    const nodes = 100_000;
    await generate({ path: source, nodes, seed: 7, order: "shuffled" });
    const undisturbed = join(folder, "undisturbed.octree");
    const to = [`sqlite:${undisturbed}`];
    await backfill({ ...smallMemory, sources: [source], to, runDir: join(folder, "undisturbed") });
    const target = join(folder, "killed.octree");
    const result = await killRounds({
      source,
      target,
      runDir: join(folder, "killed"),
      kills: 4,
      args: ["--memory", "112M", "--order", "source"],
      seed,
      maxDelayMs: { scan: 300, derive: 40, load: 1500 },
    });
    expect(result.stderr).toContain('"outcome":"done"');
    expect(result.exitCode).toBe(0);
    expect(targetDigest(target)).toEqual(targetDigest(undisturbed));
    expect(result.rounds.map(({ phase }) => phase)).toContain("load");
    for (const { resentRows } of result.rounds) expect(resentRows).toBeLessThanOrEqual(65_536);
  });
});
