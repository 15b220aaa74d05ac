import { targetsOf } from "./before-lines.js";
import { done, type Evidence, failed, type LineFinding, open, skipped } from "./checklist-line.js";
import { reportEvidence } from "./during-lines.js";
import { type EvidenceFile, listOf, type RunEvidence, recordOf, textOf } from "./run-evidence.js";

const DIFFERENCES = 6;

/** Every row of every target was compared with the source after the run, and is equal. */
export function validated(evidence: RunEvidence): LineFinding {
  const targets = targetsOf(evidence);
  if (targets.length === 0) return skipped("the run's targets keep no rows");
  const found: Evidence[] = [];
  for (const target of targets) {
    const finding = validatedOne(evidence, target);
    if (finding.state !== "done") return finding;
    found.push(...finding.evidence);
  }
  return done(...found);
}

function validatedOne(evidence: RunEvidence, target: string): LineFinding {
  const latest = latestValidation(evidence, target);
  if (latest === undefined) {
    return open(`${target} was not validated: octoload validate --to "${target}" --full`);
  }
  const { exitCode, startedAt, source } = latest.facts;
  const check = checkOf(latest, "rows");
  const proof = {
    source: latest.path,
    at: textOf(startedAt),
    figure: `${target}: ${String(check?.checked ?? 0)} rows compared, exit code ${String(exitCode)}`,
  };
  if (exitCode === DIFFERENCES)
    return failed(`the validation of ${target} found differences`, proof);
  if (check === undefined) return open(`not every row of ${target} was compared: --full`, proof);
  if (check.status !== "passed" || exitCode !== 0) {
    return open(`not all of ${target} could be checked`, proof);
  }
  const endedAt = textOf(evidence.report?.facts.endedAt);
  if (endedAt === null) return open("the run has no report yet", proof);
  if ((textOf(startedAt) ?? "") < endedAt) {
    return failed(`the validation of ${target} was made before the run had ended`, proof);
  }
  if (recordOf(source).name !== recordOf(evidence.run.facts.source).name) {
    return failed(`the validation of ${target} was made against another source`, proof);
  }
  return done(proof);
}

/** Points were queried, and the times are within what was agreed. */
export function performanceMeasured(evidence: RunEvidence): LineFinding {
  const targets = targetsOf(evidence);
  if (targets.length === 0) return skipped("the run's targets keep no rows");
  const found: Evidence[] = [];
  for (const target of targets) {
    const measured = evidence.validations.filter((file) => {
      return file.facts.target === target && checkOf(file, "baseline") !== undefined;
    });
    const latest = measured.sort(byStart).at(-1);
    if (latest === undefined) return open(`no validation of ${target} has measured queries`);
    const check = checkOf(latest, "baseline");
    const figure = `${target}: ${listOf(check?.notes).map(String).join("; ") || String(check?.status)}`;
    const proof = { source: latest.path, at: textOf(latest.facts.startedAt), figure };
    if (check?.status === "failed") return failed("queries take longer than agreed", proof);
    if (check?.status !== "passed") return open("not all queries could be made", proof);
    found.push(proof);
  }
  return done(...found);
}

/** The rows' root digest is recorded, and the same for each target that took all of them. */
export function digestsAgree(evidence: RunEvidence): LineFinding {
  const { report } = evidence;
  if (report === undefined) return open("the run has no report yet");
  const sinks = listOf(report.facts.sinks).map(recordOf);
  const roots = sinks.map((sink) => ({
    url: String(sink.url),
    root: textOf(recordOf(sink.digests).root),
    rejected: sink.rejected,
  }));
  const without = roots.find(({ root }) => root === null);
  if (without !== undefined || roots.length === 0) {
    return open(`report.json has no digest of ${without?.url ?? "any target"}`);
  }
  const proofs = roots.map(({ url, root }) => reportEvidence(evidence, `${url}: ${root}`));
  const same = new Set(roots.map(({ root }) => root)).size === 1;
  const alike = new Set(roots.map(({ rejected }) => rejected)).size === 1;
  if (same || !alike) return done(...proofs);
  return failed("targets that took the same rows have different digests", ...proofs);
}

/** What was loaded is there still. */
export function notUndone({ protection }: RunEvidence): LineFinding {
  if (protection === undefined) return skipped("the run was not protected");
  const { outcome, failure, endedAt } = protection.facts;
  const proof = {
    source: protection.path,
    at: textOf(endedAt),
    figure: `outcome: ${String(outcome)}`,
  };
  if (outcome === "loaded") return done(proof);
  if (outcome === "unfinished") return open("the protected run is not at its end", proof);
  return failed(`the targets were put back: ${textOf(failure) ?? "as asked for"}`, proof);
}

function latestValidation({ validations }: RunEvidence, target: string): EvidenceFile | undefined {
  return validations
    .filter(({ facts }) => facts.target === target)
    .sort(byStart)
    .at(-1);
}

function byStart(a: EvidenceFile, b: EvidenceFile): number {
  const [first, second] = [String(a.facts.startedAt), String(b.facts.startedAt)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function checkOf({ facts }: EvidenceFile, name: string) {
  return listOf(facts.checks)
    .map(recordOf)
    .find(({ check }) => check === name);
}
