import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { Validate } from "../../src/protect/protect-options.js";
import { loadInto, newFolder, newSource, newTarget, pathOf } from "../backup/backup-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { nodeTable, readJson } from "../support/run-samples.js";
import { writeTable } from "../support/source-tables.js";
import {
  cellsOf,
  freshLoadValidation,
  type ProtectCase,
  protect,
  statesOf,
} from "./protect-case.js";

const newCase = async (rows = 40): Promise<ProtectCase> => ({
  source: newSource(rows),
  to: [await newTarget(newSource(25))],
  runDir: join(newFolder(), "run"),
});

const urlOf = ({ to }: ProtectCase) => to[0] ?? "";

/** Spoils what was loaded before it looks. */
const spoiling: Validate = async (request, hooks) => {
  const database = new Database(pathOf(request.to));
  database.exec(
    "UPDATE octree_nodes SET material_id = 4242 WHERE morton_code IN (SELECT min(morton_code) FROM octree_nodes)",
  );
  database.close();
  return freshLoadValidation(request, hooks);
};

describe("a protected backfill", () => {
  it("backs up, loads and validates, and says so of each step", async () => {
    const place = await newCase();
    const steps: string[] = [];
    const hooks = {
      onStep: ({ kind, state }: { kind: string; state: string }) => steps.push(`${kind} ${state}`),
    };
    const result = await protect(place, {}, hooks);
    expect([result.exitCode, result.file.outcome]).toEqual([0, "loaded"]);
    expect(statesOf(result)).toEqual([
      "backup source: done",
      "backup target: done",
      "dual write: skipped",
      "backfill: done",
      "validate: done",
      "restore: skipped",
    ]);
    expect(steps.slice(0, 4)).toEqual([
      "backup source running",
      "backup source done",
      "backup target running",
      "backup target done",
    ]);
    expect(cellsOf(urlOf(place))).toHaveLength(40);
    for (const { state, evidence } of result.file.steps) {
      if (state === "done" && !evidence?.includes("validation"))
        expect(existsSync(evidence ?? "")).toBe(true);
    }
    expect(readJson(place.runDir, "protected.json").outcome).toBe("loaded");
    expect((await rejectionOf(protect(place))).code).toBe("RUN_FINISHED");
  });

  it("puts the target back where the validation finds differences", async () => {
    const place = await newCase();
    const before = cellsOf(urlOf(place));
    const result = await protect(place, { validate: spoiling });
    expect([result.exitCode, result.file.outcome]).toEqual([6, "restored"]);
    expect(statesOf(result).slice(-3)).toEqual([
      "backfill: done",
      "validate: failed",
      "restore: done",
    ]);
    expect(result.file.failure).toContain("differences");
    expect(cellsOf(urlOf(place))).toEqual(before);
  });

  it("puts a target back to its absence, and several of them", async () => {
    const kept = await newTarget(newSource(25));
    const before = cellsOf(kept);
    const absent = `sqlite:${join(newFolder(), "new.octree")}`;
    const place = {
      source: newSource(40),
      to: [kept, absent, "null:"],
      runDir: join(newFolder(), "run"),
    };
    const memoryBytes = 2 ** 28;
    const onlyLast: Validate = (request, hooks) =>
      (request.to === absent ? spoiling : freshLoadValidation)(request, hooks);
    const result = await protect(place, { validate: onlyLast, load: { memoryBytes } });
    expect(result.exitCode).toBe(6);
    expect(cellsOf(kept)).toEqual(before);
    expect(cellsOf(absent)).toBeUndefined();
    expect(statesOf(result).filter((text) => text.startsWith("backup"))).toEqual([
      "backup source: done",
      "backup target: done",
      "backup target: done",
      "backup target: skipped",
    ]);
  });

  it("puts the target back where too many rows are rejected", async () => {
    const place = await newCase();
    rmSync(place.source);
    writeTable(place.source, nodeTable(40, { 1: { Level: 99n }, 2: { Level: 99n } }));
    const before = cellsOf(urlOf(place));
    const result = await protect(place, { load: { maxErrors: 1 } });
    expect([result.exitCode, result.file.outcome]).toEqual([2, "restored"]);
    expect(statesOf(result)).toContain("validate: pending");
    expect(cellsOf(urlOf(place))).toEqual(before);
    const to = [`sqlite:${join(newFolder(), "new.octree")}`];
    const other = { ...place, to, runDir: join(newFolder(), "run") };
    const rejected = await protect(other, { load: { maxErrors: 2 } });
    expect([rejected.exitCode, rejected.file.outcome]).toEqual([1, "loaded"]);
  });

  it("undoes nothing where not all could be checked, and validates again", async () => {
    const place = await newCase();
    const blind: Validate = async ({ validationDir }) => ({
      exitCode: 8,
      validationDir,
      rows: 3,
      found: 0,
    });
    const first = await protect(place, { validate: blind });
    expect([first.exitCode, first.file.outcome]).toEqual([8, "unfinished"]);
    expect(cellsOf(urlOf(place))).toHaveLength(40);
    const second = await protect(place);
    expect([second.exitCode, second.file.outcome]).toEqual([0, "loaded"]);
  });

  it("goes on at the step at which it failed or was interrupted", async () => {
    const place = await newCase();
    const failing: Validate = () => Promise.reject(new Error("nodes are down"));
    await expect(protect(place, { validate: failing })).rejects.toThrow("nodes are down");
    const backups = readdirSync(join(place.runDir, "backup"));
    expect(cellsOf(urlOf(place))).toHaveLength(40);
    const stop = new AbortController();
    stop.abort();
    const interrupted: Validate = () => Promise.reject(new Error("aborted"));
    const hooks = { signal: stop.signal };
    const second = await protect(place, { validate: interrupted }, hooks);
    expect([second.exitCode, second.file.outcome]).toEqual([4, "unfinished"]);
    const third = await protect(
      { ...place, to: [], source: "" },
      { load: { to: place.to, sources: [place.source] } },
    );
    expect(third.exitCode).toBe(0);
    expect(readdirSync(join(place.runDir, "backup"))).toEqual(backups);
  });

  it("that was interrupted while it made a backup makes it anew, then loads", async () => {
    const place = await newCase();
    const stop = new AbortController();
    const hooks = { signal: stop.signal, onBackup: () => stop.abort() };
    const first = await protect(place, {}, hooks);
    expect([first.exitCode, statesOf(first)[0]]).toEqual([4, "backup source: running"]);
    expect(cellsOf(urlOf(place))).toHaveLength(25);
    expect((await protect(place)).exitCode).toBe(0);
  });

  it("never takes a backup of a target that it has begun to load", async () => {
    const place = await newCase();
    const failing: Validate = () => Promise.reject(new Error("down"));
    await expect(protect(place, { validate: failing })).rejects.toThrow("down");
    rmSync(join(place.runDir, "backup", "target-1"), { recursive: true });
    expect((await rejectionOf(protect(place))).code).toBe("BACKUP_NOT_FOUND");
  });

  it("is rolled back when somebody asks for it", async () => {
    const place = await newCase();
    const before = cellsOf(urlOf(place));
    const early = await rejectionOf(protect(place, { rollBack: true }));
    expect(early.code).toBe("USAGE");
    const failing: Validate = () => Promise.reject(new Error("down"));
    await expect(protect(place, { validate: failing })).rejects.toThrow("down");
    const result = await protect(place, { rollBack: true });
    expect([result.exitCode, result.file.outcome]).toEqual([0, "rolled-back"]);
    expect(cellsOf(urlOf(place))).toEqual(before);
  });

  it("does not undo what another run has loaded since", async () => {
    const place = await newCase();
    const late: Validate = async (request, hooks) => {
      await loadInto(request.to, newSource(60));
      return freshLoadValidation(request, hooks);
    };
    const error = await rejectionOf(protect(place, { validate: late }));
    expect(error.code).toBe("TARGET_LATER_RUN");
    expect(cellsOf(urlOf(place))).toHaveLength(60);
  });

  it("shows its steps and does none of them in a dry run", async () => {
    const place = await newCase();
    const before = readFileSync(pathOf(urlOf(place)));
    const result = await protect(place, { load: { dryRun: true } });
    expect(result.exitCode).toBe(0);
    expect(new Set(result.file.steps.map(({ state }) => state))).toEqual(
      new Set(["pending", "skipped"]),
    );
    expect(existsSync(place.runDir)).toBe(false);
    expect(readFileSync(pathOf(urlOf(place)))).toEqual(before);
  });

  it("takes no source backup where that is left out", async () => {
    const place = await newCase();
    const result = await protect(place, { backupSource: false });
    expect(statesOf(result)[0]).toBe("backup source: skipped");
    expect(existsSync(join(place.runDir, "backup", "source"))).toBe(false);
  });

  it("is refused of a shard, over a plain run, without a target, and twice at once", async () => {
    const place = await newCase();
    const codeOf = async (changes: Parameters<typeof protect>[1], at = place) =>
      (await rejectionOf(protect(at, changes))).code;
    expect(await codeOf({ load: { shard: { index: 1, count: 2, runId: "x" } } })).toBe("USAGE");
    expect(await codeOf({ load: { restart: true } })).toBe("USAGE");
    expect(await codeOf({}, { ...place, to: [] })).toBe("USAGE");
    const plain = join(newFolder(), "plain");
    mkdirSync(plain);
    writeFileSync(join(plain, "run.json"), JSON.stringify({ version: 2, runId: "other" }));
    expect(await codeOf({}, { ...place, runDir: plain })).toBe("RUN_OTHER");
    mkdirSync(place.runDir);
    const lock = new Database(join(place.runDir, "protected-writer-lock"));
    lock.exec("BEGIN EXCLUSIVE");
    expect(await codeOf({})).toBe("RUN_IN_USE");
    lock.close();
  });
});
