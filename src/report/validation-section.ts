import type { RunValidation } from "../load/run-validation.js";
import { type Html, html } from "./html.js";
import { formatDuration, formatTime, groupedCount } from "./numbers.js";

const verdicts: Readonly<Record<number, { readonly text: string; readonly tone: string }>> = {
  0: { text: "all is as it should be", tone: "good" },
  6: { text: "something differs", tone: "bad" },
  7: { text: "too slow", tone: "warn" },
  8: { text: "not all could be checked", tone: "warn" },
};

/** What validations after the run found, the latest of each kind. */
export function validationSection(validations: readonly RunValidation[]): Html {
  return html`${validations.map(one)}`;
}

function one(validation: RunValidation): Html {
  const { target, validationDir, startedAt, elapsedMs, exitCode, rows, repair } = validation;
  const { text, tone } = verdicts[exitCode] ?? { text: `exit code ${exitCode}`, tone: "warn" };
  const compared =
    rows === null
      ? ""
      : `; ${groupedCount(rows.source)} rows of the source beside ${groupedCount(rows.target)} of the target, ${groupedCount(rows.equal)} equal`;
  const mended =
    repair === null
      ? ""
      : ` Of ${groupedCount(repair.sent)} rows that were sent again, ${groupedCount(repair.repaired)} are as they should be.`;
  return html`<p><span class="badge ${tone}">${text}</span></p>
<p><code>${target}</code>, ${formatTime(startedAt)}, ${formatDuration(elapsedMs)}${compared}.${mended} All findings: <code>${validationDir}</code></p>
${checks(validation)}`;
}

function checks({ checks: all, uncheckedRanges }: RunValidation): Html {
  const rows = all.map(({ check, status, checked, findings }) => {
    const found = Object.entries(findings).filter(([, count]) => count > 0);
    const listed = found.map(([name, count]) => `${groupedCount(count)} ${name}`).join(", ");
    return html`<tr><td>${check}</td><td>${status}</td><td class="number">${groupedCount(checked)}</td><td>${listed || "–"}</td></tr>`;
  });
  const unread =
    uncheckedRanges === 0 ? "" : `Ranges that could not be read: ${groupedCount(uncheckedRanges)}.`;
  return html`<div class="scroll"><table><thead><tr><th scope="col">check</th><th scope="col">result</th><th scope="col" class="number">rows</th><th scope="col">found</th></tr></thead><tbody>${rows}</tbody></table></div>
<p class="empty">${unread}</p>`;
}
