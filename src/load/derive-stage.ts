import { OctoloadError } from "../errors/octoload-error.js";
import type { Source } from "../source/source.js";
import type { DeadLetter } from "./checkpoint.js";
import { describeRow } from "./dead-letter-row.js";
import { RunInterrupted, type StageContext } from "./run-context.js";
import type { RunSourceFile } from "./run-file.js";
import type { Collision, DerivedFacts } from "./sorted-run.js";

const RECORDS_A_STEP = 65_536;
/** Rows read at once for their dead letters: each may be large. */
const LOSERS_A_CALL = 256;

/**
 * Derives children_mask and homogeneity of every row and finds collisions.
 *
 * @param source undefined: it is not there any more, its losers' values are then left out
 * @param watch is shown the collisions
 * @returns undefined where an earlier process had derived everything
 * @throws OctoloadError KEY_COLLISION with `onCollision: "fail"`, RUN_*, TOO_MANY_MATERIALS;
 *   RunInterrupted
 */
export async function deriveRows(
  files: readonly RunSourceFile[],
  source: Source | undefined,
  context: StageContext,
  watch: (collisions: readonly Collision[]) => void = () => undefined,
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
    watch(step.collisions);
    if (step.collisions.length > 0) await rejectLosers(step.collisions, files, source, context);
  }
  return sorted.finishDerivation();
}

async function rejectLosers(
  collisions: readonly Collision[],
  files: readonly RunSourceFile[],
  source: Source | undefined,
  { settings, store, tracker, errors, reportsRejected }: StageContext,
): Promise<void> {
  const [first] = collisions;
  if (settings.onCollision === "fail" && first !== undefined) {
    throw new OctoloadError("KEY_COLLISION", describeCollision(first, files));
  }
  if (!reportsRejected) return;
  const loadable = collisions.filter(({ isLoserLoadable }) => isLoserLoadable);
  for (let i = 0; i < loadable.length; i += LOSERS_A_CALL) {
    const some = loadable.slice(i, i + LOSERS_A_CALL);
    const rows = await describeLosers(some, files, source);
    const letters = some.map((collision, j): DeadLetter => {
      const { file, rowid } = collision.loser;
      const message = describeCollision(collision, files);
      const path = files[file]?.path ?? String(file);
      const about = { sink: "", stage: "derive", code: "KEY_COLLISION", message } as const;
      return { file: path, rowid, ...about, row: rows[j] ?? null };
    });
    const added = (await store.addDeadLetters(letters)).length;
    if (added > 0) tracker.rejected("KEY_COLLISION", added);
    errors.add(added);
  }
}

/** null for those that cannot be read as they were: the source may have changed since. */
async function describeLosers(
  collisions: readonly Collision[],
  files: readonly RunSourceFile[],
  source: Source | undefined,
): Promise<(string | null)[]> {
  const described: (string | null)[] = collisions.map(() => null);
  try {
    await source?.check();
    for (const [number, { columns }] of files.entries()) {
      const here = [...collisions.keys()].filter((i) => collisions[i]?.loser.file === number);
      if (here.length === 0) continue;
      const rowids = here.map((i) => collisions[i]?.loser.rowid ?? 0n);
      const rows = (await source?.rows(number, rowids)) ?? [];
      for (const [j, i] of here.entries()) {
        const values = rows[j];
        if (values) described[i] = describeRow(columns, values);
      }
    }
  } catch {
    // The dead letters name file and rowid all the same.
  }
  return described;
}

export function describeCollision(
  { loser, winner }: Collision,
  files: readonly Pick<RunSourceFile, "path">[],
): string {
  const name = ({ file, rowid }: Collision["loser"]) =>
    `row ${rowid} of ${files[file]?.path ?? file}`;
  return `${name(winner)} has the same level and code as ${name(loser)} and is newer`;
}
