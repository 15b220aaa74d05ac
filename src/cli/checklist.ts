import type { Command } from "commander";
import type { ChecklistResult } from "../checklist/checklist.js";
import {
  type ChecklistLine,
  checklistPhases,
  type Evidence,
  type LineState,
} from "../checklist/checklist-line.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { collect } from "./backfill.js";
import type { ExitCode } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { shortPath, writeJson } from "./output.js";
import { plainText } from "./progress-text.js";

interface ChecklistFlags {
  readonly run?: string[];
  readonly backup?: string[];
  readonly validation?: string[];
  readonly plan?: string[];
  readonly confirm?: string[];
  readonly json?: true;
}

/** `octoload checklist --run DIR`: what of a migration is proven, and what is not. */
export function addChecklistCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("checklist")
    .summary("show what of a migration is proven, and by what")
    .description(
      "Go through the lines of a migration: before, during and after. A line is ticked by evidence alone, or, where no machine can know, by a person's word. Exits 7 while a line is open or failed.",
    )
    .option("--run <dir>", "a run's folder (repeatable)", collect)
    .option("--backup <dir>", "a backup that octoload made (repeatable)", collect)
    .option("--validation <dir>", "a validation's folder (repeatable)", collect)
    .option("--plan <file>", "what octoload inspect --out wrote (repeatable)", collect)
    .option("--confirm <line=text>", 'a person\'s word, such as training="team A, 3 May"', collect)
    .option("--json", "print the lines as JSON")
    .action(async (flags: ChecklistFlags) => {
      setExitCode(await runChecklist(flags, io));
    });
}

async function runChecklist(flags: ChecklistFlags, io: CliIo): Promise<ExitCode> {
  const { run = [], backup = [], validation = [], plan = [], confirm = [] } = flags;
  const { checklist } = await import("../checklist/checklist.js");
  const result = await checklist({
    runDirs: run,
    backups: backup,
    validations: validation,
    plans: plan,
    confirm: new Map(confirm.map(parseConfirmation)),
  });
  if (flags.json === true) writeJson(io, result);
  else io.stdout(renderChecklist(result));
  return result.exitCode;
}

function parseConfirmation(given: string): [string, string] {
  const [, line, text] = /^([a-z-]+)=([\s\S]+)$/.exec(given) ?? [];
  if (line !== undefined && text !== undefined) return [line, text];
  throw new OctoloadError(
    "USAGE",
    `--confirm must be a line and what is said of it, such as training="team A", got ${describeValue(given)}`,
  );
}

const marks: Readonly<Record<LineState, string>> = {
  done: "[x]",
  open: "[ ]",
  failed: "[!]",
  skipped: "[-]",
};

function renderChecklist({ lines, open, failed }: ChecklistResult): string {
  const parts = checklistPhases.map((phase) => {
    const own = lines.filter((line) => line.phase === phase);
    return `${phase}\n${own.map(renderLine).join("")}`;
  });
  const done = lines.filter(({ state }) => state === "done").length;
  return `${parts.join("\n")}\n${done} of ${lines.length} done, ${open} open, ${failed} failed\n`;
}

function renderLine({ id, text, state, reason, evidence }: ChecklistLine): string {
  const why = reason === "" ? "" : `      ${plainText(reason)}\n`;
  const proofs = evidence.map((one) => `      ${evidenceText(one)}\n`).join("");
  return `  ${marks[state]} ${text} (${id})\n${why}${proofs}`;
}

function evidenceText({ source, at, figure }: Evidence): string {
  const when = at === null ? "" : `, ${at.slice(0, 19).replace("T", " ")}`;
  const from = source.startsWith("/") ? shortPath(source) : source;
  return plainText(`${figure} (${from}${when})`);
}
