import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChecklistOptions, checklist } from "../../src/checklist/checklist.js";
import { CONFIRMATIONS_FILE } from "../../src/checklist/confirmations.js";
import { lineSpecs } from "../../src/checklist/lines.js";
import {
  newFolder,
  newSource,
  newTarget,
  sourceBackup,
  targetBackup,
} from "../backup/backup-case.js";
import { runCli } from "../cli/run-cli.js";
import { protect } from "../protect/protect-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { readJson } from "../support/run-samples.js";

const persons = [
  "restore-rehearsed",
  "training",
  "announced",
  "rollback-plan",
  "monitored",
  "old-system",
  "sign-off",
];

type Json = Record<string, unknown>;

/** A protected run, copied as often as a test wants to change what it left. */
let sample: { run: Json; report: Json; protection: Json; target: string };

beforeAll(async () => {
  const target = await newTarget(newSource(25));
  const runDir = join(newFolder(), "run");
  await protect({ source: newSource(40), to: [target], runDir });
  const [run, report, protection] = ["run", "report", "protected"].map((name) => {
    return readJson(runDir, `${name}.json`);
  });
  if (run === undefined || report === undefined || protection === undefined)
    throw new Error("no run");
  const [sink] = report.sinks as Json[];
  report.sinks = [{ ...sink, digests: { root: "ab".repeat(32) } }];
  sample = { run, report, protection, target: String((run.sinks as string[])[0]) };
});

interface Files {
  readonly run?: Json;
  readonly report?: Json | null;
  readonly protection?: Json | null;
  readonly validation?: Json | null;
}

const later = (iso: unknown) => new Date(Date.parse(String(iso)) + 1000).toISOString();

function goodValidation(): Json {
  return {
    exitCode: 0,
    startedAt: later(sample.report.endedAt),
    target: sample.target,
    source: sample.run.source,
    checks: [
      { check: "rows", status: "passed", checked: 40, notes: [] },
      { check: "baseline", status: "passed", checked: 1000, notes: ["average 1.2 ms"] },
    ],
  };
}

function place({ run, report, protection, validation }: Files = {}): string {
  const runDir = newFolder();
  const write = (name: string, facts: Json | null) => {
    if (facts !== null) writeFileSync(join(runDir, name), JSON.stringify(facts));
  };
  write("run.json", { ...sample.run, ...run });
  write("report.json", report === null ? null : { ...sample.report, ...report });
  write("protected.json", protection === null ? null : { ...sample.protection, ...protection });
  mkdirSync(join(runDir, "validation-1-1"));
  write(
    join("validation-1-1", "validation.json"),
    validation === null ? null : { ...goodValidation(), ...validation },
  );
  return runDir;
}

async function linesOf(runDir: string, options: Partial<ChecklistOptions> = {}) {
  const { lines } = await checklist({ runDirs: [runDir], ...options });
  return new Map(lines.map((line) => [line.id, line]));
}

async function stateOf(files: Files, id: string, options: Partial<ChecklistOptions> = {}) {
  const line = (await linesOf(place(files), options)).get(id);
  return [line?.state, line?.reason];
}

function planFile(changes: Json = {}): string {
  const path = join(newFolder(), "plan.json");
  const facts = {
    kind: "octoload-plan",
    madeAt: "2020-01-01T00:00:00.000Z",
    verdict: "go",
    exitCode: 0,
    source: sample.run.source,
  };
  writeFileSync(path, JSON.stringify({ ...facts, ...changes }));
  return path;
}

describe("a checklist", () => {
  it("is done when every line has its evidence, and only then", async () => {
    const runDir = place();
    const plans = [planFile()];
    const before = await checklist({ runDirs: [runDir], plans });
    expect([before.exitCode, before.failed, before.open]).toEqual([7, 0, persons.length]);
    expect(before.lines.map(({ id }) => id)).toEqual(lineSpecs.map(({ id }) => id));
    for (const { state, asked, evidence, id } of before.lines) {
      if (asked === "person") expect([state, evidence], id).toEqual(["open", []]);
      else expect(state, id).toBe(id === "dual-write" ? "skipped" : "done");
      if (state === "done") for (const one of evidence) expect(one.at, id).toMatch(/^20\d\d-/);
    }
    const confirm = new Map(persons.map((id) => [id, `said of ${id}`]));
    const after = await checklist({ runDirs: [runDir], plans, confirm });
    expect([after.exitCode, after.failed, after.open]).toEqual([0, 0, 0]);
    const training = after.lines.find(({ id }) => id === "training");
    expect(training?.evidence).toEqual([
      { source: expect.stringContaining("@"), at: expect.any(String), figure: "said of training" },
    ]);
    // It is kept.
    expect((await checklist({ runDirs: [runDir], plans })).exitCode).toBe(0);
  });

  it("takes nobody's word for what evidence decides", async () => {
    const runDir = place();
    for (const line of ["validated", "rows-accounted", "rejected-rows", "dual-write", "nonsense"]) {
      const confirm = new Map([[line, "trust me"]]);
      expect((await rejectionOf(checklist({ runDirs: [runDir], confirm }))).code, line).toBe(
        "USAGE",
      );
    }
    const empty = checklist({ runDirs: [runDir], confirm: new Map([["training", " "]]) });
    expect((await rejectionOf(empty)).code).toBe("USAGE");
    expect((await rejectionOf(checklist({ runDirs: [] }))).code).toBe("USAGE");
    expect((await rejectionOf(checklist({ runDirs: [newFolder()] }))).code).toBe("RUN_NOT_FOUND");
    const plans = [join(newFolder(), "none.json")];
    expect((await rejectionOf(checklist({ runDirs: [runDir], plans }))).code).toBe("USAGE");
  });

  it("does not take a word that was given for a run that was started over", async () => {
    const runDir = place();
    const word = { line: "training", text: "yes", by: "x@y", at: "2024-01-01T00:00:00Z" };
    const confirmations = [
      { ...word, runId: "another" },
      { line: "training", text: 5 },
    ];
    writeFileSync(join(runDir, CONFIRMATIONS_FILE), JSON.stringify({ confirmations }));
    const line = (await linesOf(runDir)).get("training");
    expect([line?.state, line?.reason]).toEqual(["open", expect.stringContaining("run another")]);
  });

  it("knows a load that is not at its end, or whose files contradict each other", async () => {
    expect(await stateOf({ report: null, run: { state: "unfinished" } }, "run-ended")).toEqual([
      "open",
      expect.stringContaining("unfinished"),
    ]);
    expect(await stateOf({ report: { runId: "other" } }, "run-ended")).toEqual([
      "failed",
      expect.stringContaining("run other"),
    ]);
    expect(await stateOf({ run: { state: "failed" } }, "run-ended")).toEqual([
      "failed",
      expect.stringContaining("run.json failed"),
    ]);
    const stopped = { run: { state: "max-errors" }, report: { outcome: "max-errors" } };
    expect((await stateOf(stopped, "run-ended"))[0]).toBe("open");
    const dry = { run: { state: "dry-run" }, report: { outcome: "dry-run" } };
    expect((await stateOf(dry, "run-ended"))[0]).toBe("failed");
    expect(await stateOf({ report: { total: 41 } }, "rows-accounted")).toEqual([
      "failed",
      `of 41 rows, 40 are accounted for in ${sample.target}`,
    ]);
    expect((await stateOf({ report: null }, "rows-accounted"))[0]).toBe("open");
  });

  it("asks a person to look at rejected rows", async () => {
    const report = { rejectedByCode: [{ code: "OUT_OF_FRAME", rows: 3 }] };
    const runDir = place({ report });
    const line = (await linesOf(runDir)).get("rejected-rows");
    expect([line?.state, line?.asked]).toEqual(["open", "person"]);
    const confirm = new Map([["rejected-rows", "test rows, not needed"]]);
    const said = (await linesOf(runDir, { confirm })).get("rejected-rows");
    expect([said?.state, said?.evidence.map(({ figure }) => figure)]).toEqual([
      "done",
      ["3 rows rejected", "test rows, not needed"],
    ]);
  });

  it("takes a validation only where it compared every row, afterwards, of that target", async () => {
    const validation = (changes: Json | null) => stateOf({ validation: changes }, "validated");
    expect((await validation(null))[0]).toBe("open");
    expect((await validation({ target: "sqlite:/other" }))[0]).toBe("open");
    expect(await validation({ exitCode: 6 })).toEqual([
      "failed",
      expect.stringContaining("differences"),
    ]);
    expect((await validation({ exitCode: 8 }))[0]).toBe("open");
    expect((await validation({ checks: [{ check: "counts", status: "passed" }] }))[0]).toBe("open");
    expect((await validation({ startedAt: sample.run.startedAt }))[0]).toBe("failed");
    expect((await validation({ source: { name: "mars" } }))[0]).toBe("failed");
    const checks = [{ check: "rows", status: "unchecked", checked: 12, notes: [] }];
    expect((await validation({ checks }))[0]).toBe("open");
    const slow = [{ check: "baseline", status: "failed", checked: 1000, notes: ["p95 99 ms"] }];
    expect((await stateOf({ validation: { checks: slow } }, "performance"))[0]).toBe("failed");
    expect((await stateOf({ validation: { checks: [] } }, "performance"))[0]).toBe("open");
  });

  it("takes a backup only of the state that was loaded, and made before", async () => {
    const { protection, run } = sample;
    const none = { protection: null };
    expect((await stateOf(none, "source-backup"))[0]).toBe("open");
    expect((await stateOf(none, "target-backup"))[0]).toBe("open");
    const { out } = await sourceBackup(newSource(3));
    expect(await stateOf(none, "source-backup", { backups: [out] })).toEqual([
      "failed",
      expect.stringContaining("not of the state"),
    ]);
    const late = await targetBackup(sample.target);
    expect(await stateOf(none, "target-backup", { backups: [late.out] })).toEqual([
      "failed",
      expect.stringContaining("after the run had begun"),
    ]);
    const gone = await stateOf(none, "source-backup", { backups: [join(newFolder(), "gone")] });
    expect(gone).toEqual(["failed", expect.stringContaining("BACKUP_NOT_FOUND")]);
    expect((await stateOf({ run: { sinks: ["null:"] } }, "target-backup"))[0]).toBe("skipped");
    expect(protection.outcome).toBe("loaded");
    expect(run.sinks).toEqual([sample.target]);
  });

  it("takes a preflight only where it said go, and before", async () => {
    expect((await stateOf({}, "preflight"))[0]).toBe("open");
    const plan = (changes: Json) => stateOf({}, "preflight", { plans: [planFile(changes)] });
    expect((await plan({}))[0]).toBe("done");
    expect((await plan({ exitCode: 7, verdict: "no-go" }))[0]).toBe("failed");
    expect((await plan({ kind: "shopping" }))[0]).toBe("failed");
    expect((await plan({ source: { fingerprint: "other" } }))[0]).toBe("open");
    expect((await plan({ madeAt: later(sample.run.startedAt) }))[0]).toBe("failed");
  });

  it("knows targets that were put back, and digests that differ", async () => {
    const restored = { outcome: "restored", failure: "the validation found differences" };
    expect(await stateOf({ protection: restored }, "kept")).toEqual([
      "failed",
      expect.stringContaining("differences"),
    ]);
    expect((await stateOf({ protection: { outcome: "unfinished" } }, "kept"))[0]).toBe("open");
    expect((await stateOf({ protection: null }, "kept"))[0]).toBe("skipped");
    const [sink] = sample.report.sinks as Json[];
    const two = (root: string, rejected = 0) => ({
      report: { sinks: [sink, { ...sink, rejected, digests: { root } }] },
    });
    expect((await stateOf(two("cd".repeat(32)), "digest"))[0]).toBe("failed");
    expect((await stateOf(two("cd".repeat(32), 1), "digest"))[0]).toBe("done");
    expect((await stateOf(two("ab".repeat(32)), "digest"))[0]).toBe("done");
    const none = { report: { sinks: [{ ...sink, digests: undefined }] } };
    expect((await stateOf(none, "digest"))[0]).toBe("open");
  });

  it("is of several runs as bad as the worst of them", async () => {
    const [good, bad] = [place(), place({ report: { total: 41 } })];
    const { lines } = await checklist({ runDirs: [good, bad], plans: [planFile()] });
    const counted = lines.find(({ id }) => id === "rows-accounted");
    expect([counted?.state, counted?.evidence.length]).toEqual(["failed", 2]);
    expect(counted?.reason).toContain(bad);
    expect(lines.find(({ id }) => id === "validated")?.state).toBe("done");
  });

  it("asks a person about dual write where no protected run says", async () => {
    const line = (await linesOf(place({ protection: null }))).get("dual-write");
    expect([line?.state, line?.asked]).toEqual(["open", "person"]);
  });
});

describe("octoload checklist", () => {
  it("shows the lines, and exits 7 while one is open", async () => {
    const runDir = place();
    const args = ["checklist", "--run", runDir, "--plan", planFile()];
    const first = await runCli(args);
    expect(first.exitCode).toBe(7);
    expect(first.stdout).toContain("[x] Every row is loaded, rejected or skipped (rows-accounted)");
    expect(first.stdout).toContain('nobody has confirmed it: --confirm training="…"');
    const words = persons.flatMap((id) => ["--confirm", `${id}=agreed = yes`]);
    const second = await runCli([...args, ...words, "--json"]);
    expect(second.exitCode).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ exitCode: 0, open: 0, failed: 0 });
    const bad = await runCli([...args, "--confirm", "training"]);
    expect([bad.exitCode, bad.stderr]).toEqual([3, expect.stringContaining("USAGE")]);
  });
});
