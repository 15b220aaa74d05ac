import { resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import {
  type ChecklistLine,
  done,
  type LineFinding,
  type LineState,
  open,
} from "./checklist-line.js";
import { addConfirmations, type Confirmation, readConfirmations } from "./confirmations.js";
import { type LineSpec, lineSpecs } from "./lines.js";
import { type EvidencePlaces, gatherEvidence, type RunEvidence, textOf } from "./run-evidence.js";

export interface ChecklistOptions extends Omit<EvidencePlaces, "runDir"> {
  /** Of the runs that together are the migration. */
  readonly runDirs: readonly string[];
  /** What a person says of lines that no machine can know, by the lines' ids. */
  readonly confirm?: ReadonlyMap<string, string>;
}

export interface ChecklistResult {
  /** Absolute. */
  readonly runDirs: readonly string[];
  /** Of all runs: a line is done where it is in each of them. */
  readonly lines: readonly ChecklistLine[];
  readonly open: number;
  readonly failed: number;
  /** 0, or 7 where a line is open or failed. */
  readonly exitCode: 0 | 7;
}

/**
 * Goes through the lines of a migration. A line is done by evidence: a file, its time and a figure;
 * where a machine cannot know, by the word of a person, kept with name and time in the run's folder.
 *
 * @throws OctoloadError RUN_NOT_FOUND; USAGE where a word is given for a line that is not a person's
 */
export async function checklist(options: ChecklistOptions): Promise<ChecklistResult> {
  const { runDirs, confirm = new Map<string, string>(), ...places } = options;
  if (runDirs.length === 0) throw new OctoloadError("USAGE", "--run is missing: a run's folder");
  const runs = await Promise.all(runDirs.map((runDir) => gatherEvidence({ ...places, runDir })));
  for (const run of runs) await requirePersons(confirm, run);
  for (const run of runs) await addConfirmations(run.runDir, runIdOf(run), confirm);
  const lists = await Promise.all(runs.map(linesOf));
  const lines = lineSpecs.map((_, i) => {
    return combine(
      lists.flatMap((list) => list[i] ?? []),
      runs,
    );
  });
  const count = (state: LineState) => lines.filter((line) => line.state === state).length;
  const [opened, bad] = [count("open"), count("failed")];
  return {
    runDirs: runDirs.map((path) => resolve(path)),
    lines,
    open: opened,
    failed: bad,
    exitCode: opened + bad === 0 ? 0 : 7,
  };
}

async function linesOf(evidence: RunEvidence): Promise<ChecklistLine[]> {
  const confirmations = await readConfirmations(evidence.runDir);
  return Promise.all(lineSpecs.map((spec) => lineOf(spec, evidence, confirmations)));
}

async function lineOf(
  spec: LineSpec,
  evidence: RunEvidence,
  confirmations: readonly Confirmation[],
): Promise<ChecklistLine> {
  const { id, phase, text } = spec;
  const found = await spec.look?.(evidence);
  const isPersons = found === undefined || spec.isConfirmable?.(evidence) === true;
  if (!isPersons) return { id, phase, text, asked: "machine", ...found };
  const said = saidOf(id, runIdOf(evidence), confirmations);
  if (found === undefined || said.state === "done") {
    const both = { ...said, evidence: [...(found?.evidence ?? []), ...said.evidence] };
    return { id, phase, text, asked: "person", ...both };
  }
  return { id, phase, text, asked: "person", ...found };
}

function saidOf(id: string, runId: string, confirmations: readonly Confirmation[]): LineFinding {
  const own = confirmations.filter(({ line }) => line === id);
  const last = own.findLast((one) => one.runId === runId);
  if (last !== undefined) return done({ source: last.by, at: last.at, figure: last.text });
  const other = own.at(-1);
  if (other === undefined) return open(`nobody has confirmed it: --confirm ${id}="…"`);
  const evidence = { source: other.by, at: other.at, figure: other.text };
  return open(`it was confirmed for run ${other.runId}, which was started over`, evidence);
}

/** The worst of several runs; of those that are alike the first. */
function combine(lines: readonly ChecklistLine[], runs: readonly RunEvidence[]): ChecklistLine {
  const worst = order.map((state) => lines.findIndex((line) => line.state === state));
  const index = worst.find((at) => at !== -1) ?? 0;
  const line = lines[index];
  if (line === undefined) throw new OctoloadError("INTERNAL", "a checklist has no run");
  if (lines.length === 1) return line;
  const reason = line.reason === "" ? "" : `${runs[index]?.runDir ?? ""}: ${line.reason}`;
  return { ...line, reason, evidence: lines.flatMap(({ evidence }) => evidence) };
}

const order: readonly LineState[] = ["failed", "open", "done", "skipped"];

async function requirePersons(
  confirm: ReadonlyMap<string, string>,
  evidence: RunEvidence,
): Promise<void> {
  for (const [id, text] of confirm) {
    const spec = lineSpecs.find((one) => one.id === id);
    const isPersons =
      spec !== undefined &&
      ((await spec.look?.(evidence)) === undefined || spec.isConfirmable?.(evidence) === true);
    if (isPersons && text.trim() !== "") continue;
    throw new OctoloadError("USAGE", whyNot(id, spec, text), {
      remedy: 'See the lines with `octoload checklist --run DIR`; a word is given as training="…".',
    });
  }
}

function whyNot(id: string, spec: LineSpec | undefined, text: string): string {
  if (spec === undefined) return `the checklist has no line ${id}`;
  if (text.trim() === "") return `--confirm ${id} says nothing`;
  return `the line ${id} is decided by evidence alone, nobody's word ticks it`;
}

function runIdOf({ run }: RunEvidence): string {
  return textOf(run.facts.runId) ?? "";
}
