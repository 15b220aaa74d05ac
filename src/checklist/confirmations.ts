import { join } from "node:path";
import { describeActor } from "../cassandra/actor.js";
import { readJsonObject, writeJsonFile } from "../load/run-status.js";
import { listOf, recordOf, textOf } from "./run-evidence.js";

export const CONFIRMATIONS_FILE = "confirmations.json";

/** A person's word for a line. */
export interface Confirmation {
  readonly line: string;
  readonly text: string;
  /** User and host, as the system has them. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
  /** Of the run it was given for: one that was started over is another. */
  readonly runId: string;
}

/** All that were given, the earliest first. */
export async function readConfirmations(runDir: string): Promise<Confirmation[]> {
  const facts = await readJsonObject(join(runDir, CONFIRMATIONS_FILE));
  return listOf(facts?.confirmations).flatMap((entry) => {
    const { line, text, by, at, runId } = recordOf(entry);
    const values = [line, text, by, at, runId].map(textOf);
    const [one, two, three, four, five] = values;
    if (one == null || two == null || three == null || four == null || five == null) return [];
    return [{ line: one, text: two, by: three, at: four, runId: five }];
  });
}

/** Keeps what was said, beside all that was said before. */
export async function addConfirmations(
  runDir: string,
  runId: string,
  said: ReadonlyMap<string, string>,
): Promise<void> {
  if (said.size === 0) return;
  const at = new Date().toISOString();
  const by = describeActor().replace(/, process \d+$/, "");
  const added = [...said].map(([line, text]) => ({ line, text, by, at, runId }));
  const confirmations = [...(await readConfirmations(runDir)), ...added];
  await writeJsonFile(join(runDir, CONFIRMATIONS_FILE), { confirmations });
}
