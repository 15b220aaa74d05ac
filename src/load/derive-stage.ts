import { OctoloadError } from "../errors/octoload-error.js";
import type { Source } from "../source/source.js";
import type { DeadLetter } from "./checkpoint.js";
import { describeRow } from "./dead-letter-row.js";
import { type RunContext, RunInterrupted } from "./run-context.js";
import type { RunSourceFile } from "./run-file.js";
import type { Collision, DerivedFacts } from "./sorted-run.js";

const RECORDS_A_STEP = 65_536;

/**
 * Derives children_mask and homogeneity of every row and finds collisions.
 *
 * @param source undefined: it is not there any more, its losers' values are then left out
 * @returns undefined where an earlier process had derived everything
 * @throws OctoloadError KEY_COLLISION with `onCollision: "fail"`, RUN_*, TOO_MANY_MATERIALS;
 *   RunInterrupted
 */
export async function deriveRows(
  files: readonly RunSourceFile[],
  source: Source | undefined,
  context: RunContext,
): Promise<DerivedFacts | undefined> {
  const { sorted, tracker, signal } = context;
  if (await sorted.openDerivation()) {
    await sorted.finishDerivation();
    return undefined;
  }
  const gate = context.control.createGate();
  let derived = 0;
  for (let isDone = false; !isDone; ) {
    if (!signal.aborted) await gate.acquire(0, signal).catch(() => undefined);
    if (signal.aborted) throw new RunInterrupted();
    const startMs = performance.now();
    const step = await sorted.derive(RECORDS_A_STEP);
    isDone = step.isDone;
    tracker.busy("derive", performance.now() - startMs, step.records - derived);
    tracker.derived(step.records - derived);
    derived = step.records;
    if (step.collisions.length > 0) await rejectLosers(step.collisions, files, source, context);
  }
  return sorted.finishDerivation();
}

async function rejectLosers(
  collisions: readonly Collision[],
  files: readonly RunSourceFile[],
  source: Source | undefined,
  { settings, store, tracker, errors, reportsRejected }: RunContext,
): Promise<void> {
  const [first] = collisions;
  if (settings.onCollision === "fail" && first !== undefined) {
    throw new OctoloadError("KEY_COLLISION", describeCollision(first, files));
  }
  if (!reportsRejected) return;
  const letters: DeadLetter[] = [];
  for (const collision of collisions.filter(({ isLoserLoadable }) => isLoserLoadable)) {
    const { file, rowid } = collision.loser;
    const facts = files[file];
    const [values] = (await source?.rows(file, [rowid]).catch(() => [])) ?? [];
    letters.push({
      file: facts?.path ?? String(file),
      rowid,
      sink: "",
      stage: "derive",
      code: "KEY_COLLISION",
      message: describeCollision(collision, files),
      row: values ? describeRow(facts?.columns ?? [], values) : null,
    });
  }
  const added = (await store.addDeadLetters(letters)).length;
  if (added > 0) tracker.rejected("KEY_COLLISION", added);
  errors.add(added);
}

function describeCollision({ loser, winner }: Collision, files: readonly RunSourceFile[]): string {
  const name = ({ file, rowid }: Collision["loser"]) =>
    `row ${rowid} of ${files[file]?.path ?? file}`;
  return `${name(winner)} has the same level and code as ${name(loser)} and is newer`;
}
