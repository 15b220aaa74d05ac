import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Phase, RunEvent } from "../../src/load/progress.js";
import {
  type BackfillCase,
  backfillCase,
  exportOf,
  load,
  loadCommand,
  sourceRows,
} from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { eventsOf, nodeTable, readJson, targetCells } from "../support/run-samples.js";
import { describeOnSmallDisk } from "../support/small-disk.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

/** Ends the run when it enters a phase; what it had done is kept. */
async function interruptIn(phase: Phase, at: BackfillCase, changes = {}): Promise<void> {
  const stop = new AbortController();
  const onProgress = (event: RunEvent) => {
    if (event.event === "phase" && event.phase === phase) stop.abort();
  };
  const { outcome } = await load(at, changes, { signal: stop.signal, onProgress });
  expect(outcome).toBe("interrupted");
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("a run directory", () => {
  it("is its owner's alone, and tells what the run did", async () => {
    const at = backfillCase(folder, nodeTable(40, { 7: { X: null } }));
    const report = await load(at, { maxErrors: 1 });
    expect(statSync(at.runDir).mode & 0o777).toBe(0o700);
    expect(existsSync(join(at.runDir, "spill"))).toBe(false);
    expect(readJson(at.runDir, "report.json")).toEqual(JSON.parse(JSON.stringify(report)));
    expect(readJson(at.runDir, "run.json")).toMatchObject({ state: "rejected", resumes: 0 });
    expect(readFileSync(join(at.runDir, "report.html"), "utf8")).toContain("COORDINATE_INVALID");

    const events = eventsOf(at.runDir);
    expect(events.every(({ at: time }) => !Number.isNaN(Date.parse(String(time))))).toBe(true);
    const phases = events.filter(({ event }) => event === "phase").map(({ phase }) => phase);
    expect(phases).toEqual(["scan", "derive", "load", "done"]);
    expect(events[0]).toMatchObject({ event: "started", resumed: false });
    expect(events.at(-1)).toMatchObject({ event: "finished", outcome: "rejected", exitCode: 1 });
    const last = events.filter(({ event }) => event === "progress").at(-1);
    expect(last).toMatchObject({
      ...{ total: 40, migrated: 39, failed: 1, percent: 100, etaMs: 0 },
      ...{ elapsedMs: expect.any(Number), rowsPerSecond: expect.any(Number) },
    });
  });

  it("has a report whose numbers add up", async () => {
    const changes = { 1: { Level: 25n }, 2: { X: null }, 3: { MaterialId: "x" } };
    const at = backfillCase(folder, nodeTable(60, changes));
    const to = [`sqlite:${at.target}`, "null:?layout=tile"];
    const report = await load(at, { to, maxErrors: 10 });
    const sums = report.sinks.map(({ loaded, rejected, skipped }) => loaded + rejected + skipped);
    expect([report.total, ...sums]).toEqual([60, 60, 60]);
    expect(report.sinks.map(({ loaded, layout }) => [layout, loaded])).toEqual([
      ["node", 57],
      ["tile", 58],
    ]);
    expect(report.rejectedByCode.reduce((sum, { rows }) => sum + rows, 0)).toBe(3);
    // Rows with a cell: also those that were rejected for another column.
    expect(report.levels.reduce((sum, { rows }) => sum + rows, 0)).toBe(59);
    expect(report.materials.reduce((sum, { rows }) => sum + rows, 0)).toBe(59);
  });

  it("that is finished is not run again, unless with --restart", async () => {
    const at = backfillCase(folder, nodeTable(5));
    await load(at);
    const again = await loadCommand(at);
    expect([again.exitCode, again.error?.code]).toEqual([3, "RUN_FINISHED"]);
    const restarted = await loadCommand(at, "--restart");
    expect([restarted.exitCode, restarted.report?.sinks[0]?.loaded]).toEqual([0, 5]);
    expect(eventsOf(at.runDir).filter(({ event }) => event === "started").length).toBe(1);
  });

  it("is not resumed with other settings, and needs none", async () => {
    const at = backfillCase(folder, nodeTable(12));
    const where = "Id > 2";
    await interruptIn("derive", at, { where, columns: { density: null } });
    const { exitCode, error } = await loadCommand(at, "--where", "Id > 3");
    expect([exitCode, error?.code]).toEqual([3, "RUN_OTHER"]);
    const { outcome, total } = await load(at, { sources: [], to: [] });
    expect([outcome, total]).toEqual(["done", 10]);
  });

  it("begun with relative paths is resumed from another folder", async () => {
    const at = backfillCase(folder, nodeTable(30));
    const elsewhere = backfillCase(folder, nodeTable(1));
    const before = process.cwd();
    try {
      process.chdir(at.folder);
      const to = ["sqlite:target.octree?layout=tile"];
      const relative = { sources: ["sou*.db"], to, snapshotDir: ".", runDir: "run" };
      await interruptIn("scan", at, relative);
      process.chdir(elsewhere.folder);
      const { sinks } = await load(at, { sources: [], to: [] });
      expect(sinks).toMatchObject([{ url: `sqlite:${at.target}?layout=tile`, loaded: 30 }]);
      expect(existsSync(elsewhere.target)).toBe(false);
      // The same words name other files here.
      const second = { runDir: `${at.runDir}-2`, to: [`sqlite:${at.target}-2`] };
      await interruptIn("derive", at, second);
      const other = { ...second, sources: ["source.db"] };
      expect((await rejectionOf(load(at, other))).code).toBe("RUN_OTHER");
      process.chdir(at.folder);
      expect((await load(at, other)).outcome).toBe("done");
    } finally {
      process.chdir(before);
    }
    expect(targetCells(at.target).length).toBe(30);
  });

  it("says in the report what the command says: a filter that fails at a row wrote nothing", async () => {
    const at = backfillCase(folder, nodeTable(20, { 11: { Metadata: "no JSON" } }));
    const args = ["--where", "json_extract(Metadata, '$.n') > 3"];
    const { exitCode, error } = await loadCommand(at, ...args);
    expect([exitCode, error?.code]).toEqual([3, "SOURCE_WHERE"]);
    const report = readJson(at.runDir, "report.json");
    expect([report.outcome, report.exitCode]).toEqual(["failed", 3]);
    expect(eventsOf(at.runDir).at(-1)).toMatchObject({ event: "finished", exitCode: 3 });
    expect(targetCells(at.target)).toEqual([]);
  });

  it("of a run that could not begin is not left behind", async () => {
    const at = backfillCase(folder, nodeTable(5));
    const { exitCode, error } = await loadCommand(at, "--where", "nonsense(");
    expect([exitCode, error?.code]).toEqual([3, "SOURCE_WHERE"]);
    expect([existsSync(at.runDir), existsSync(at.target)]).toEqual([false, false]);
    const nothing = await loadCommand({ ...at, source: "" });
    expect(nothing.exitCode).toBe(3);
  });
});

describe("a sorted file that is damaged between two processes of a run", () => {
  it("is noticed, wherever it is, and --restart loads everything", async () => {
    const at = backfillCase(folder, nodeTable(400));
    await interruptIn("derive", at);
    await expectDamageNoticed(at, "keys");
    await interruptIn("load", at);
    await expectDamageNoticed(at, "rows-node");
    await expectDamageNoticed(at, "derived-node");
    const { exitCode } = await loadCommand(at, "--restart");
    expect(exitCode).toBe(0);
    expect(await exportOf(at)).toEqual(sourceRows(at));
  }, 120_000);

  it("or that is gone is not taken for an empty one", async () => {
    const at = backfillCase(folder, nodeTable(50));
    await interruptIn("load", at);
    rmSync(join(at.runDir, "spill"), { recursive: true });
    const { exitCode, error } = await loadCommand(at);
    expect([exitCode, error?.code]).toEqual([5, "SPILL_DAMAGED"]);
    expect(error?.remedy).toContain("--restart");
    expect((await loadCommand(at, "--restart")).report?.sinks[0]?.loaded).toBe(50);
  });
});

/** Flips a bit in the head and in the middle of a sort's file; the file is whole again afterwards. */
async function expectDamageNoticed(at: BackfillCase, sort: string): Promise<void> {
  const [path = ""] = filesBelow(join(at.runDir, "spill", sort)).filter(
    (file) => statSync(file).size > 0,
  );
  const bytes = readFileSync(path);
  for (const offset of [9, bytes.length >> 1]) {
    const damaged = Uint8Array.from(bytes);
    damaged[offset] = (damaged[offset] ?? 0) ^ 0x20;
    writeFileSync(path, damaged);
    const { exitCode, error } = await loadCommand(at);
    expect([sort, offset, exitCode, error?.code]).toEqual([sort, offset, 5, "SPILL_DAMAGED"]);
  }
  writeFileSync(path, bytes);
}

describeOnSmallDisk(40 * 2 ** 20, "a run directory's disk", (disk) => {
  it("that is too small is said before anything is sorted", async () => {
    const padding = new Uint8Array(60_000);
    const changes = Object.fromEntries(
      Array.from({ length: 900 }, (_, i) => [i, { Metadata: padding }]),
    );
    const at = {
      ...backfillCase(folder, nodeTable(900, changes)),
      runDir: join(disk, "small"),
    };
    const { exitCode, error } = await loadCommand(at);
    expect([exitCode, error?.code]).toEqual([5, "RUN_DISK_FULL"]);
    expect(error?.message).toMatch(/takes up to \d+ bytes/);
    rmSync(at.runDir, { recursive: true, force: true });
  });

  it("that is full ends the run, which goes on when there is room", async () => {
    for (const phase of ["scan", "load"] as const) {
      const at = { ...backfillCase(folder, nodeTable(500)), runDir: join(disk, phase) };
      const ballast = join(disk, "ballast");
      const onProgress = (event: RunEvent) => {
        if (event.event === "phase" && event.phase === phase) fill(ballast);
      };
      const error = await rejectionOf(load(at, {}, { onProgress }));
      expect([phase, error.code]).toEqual([phase, "RUN_DISK_FULL"]);
      rmSync(ballast);
      const { outcome, total } = await load(at);
      expect([phase, outcome, total]).toEqual([phase, "done", 500]);
      expect(await exportOf(at)).toEqual(sourceRows(at));
    }
  });
});

/** Leaves no room on the file's disk. */
function fill(path: string): void {
  for (const bytes of [2 ** 20, 4096, 1]) {
    try {
      for (;;) writeFileSync(path, new Uint8Array(bytes), { flag: "a" });
    } catch (error) {
      if (!String(error).includes("ENOSPC")) throw error;
    }
  }
}
