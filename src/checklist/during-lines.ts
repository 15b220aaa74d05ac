import { done, type Evidence, failed, type LineFinding, open, skipped } from "./checklist-line.js";
import {
  type Facts,
  listOf,
  numberOf,
  type RunEvidence,
  recordOf,
  textOf,
} from "./run-evidence.js";

/** The run ended as it should. */
export function runEnded(evidence: RunEvidence): LineFinding {
  const { run, report } = evidence;
  if (report === undefined) return open(`the run is ${String(run.facts.state)}, without a report`);
  const { outcome, runId } = report.facts;
  const proof = reportEvidence(evidence, `outcome: ${String(outcome)}`);
  if (runId !== run.facts.runId) {
    return failed(
      `report.json is of run ${String(runId)}, not of ${String(run.facts.runId)}`,
      proof,
    );
  }
  if (outcome !== run.facts.state) {
    const reason = `report.json says ${String(outcome)}, run.json ${String(run.facts.state)}`;
    return failed(reason, proof);
  }
  if (outcome === "done" || outcome === "rejected") return done(proof);
  if (outcome === "dry-run") return failed("it was a dry run: nothing was loaded", proof);
  return open(`the run is not at its end: ${String(outcome)}`, proof);
}

/** total = loaded + rejected + skipped, for every target. */
export function rowsAccountedFor(evidence: RunEvidence): LineFinding {
  const { report } = evidence;
  if (report === undefined) return open("the run has no report yet");
  const total = numberOf(report.facts.total);
  const sinks = listOf(report.facts.sinks).map(recordOf);
  if (total === null || sinks.length === 0) return failed("report.json has no counts");
  const proofs = sinks.map((sink) => reportEvidence(evidence, countsText(sink, total)));
  const wrong = sinks.find((sink) => sumOf(sink) !== total);
  if (wrong === undefined) return done(...proofs);
  return failed(
    `of ${total} rows, ${sumOf(wrong)} are accounted for in ${String(wrong.url)}`,
    ...proofs,
  );
}

function sumOf({ loaded, rejected, skipped: left }: Facts): number {
  return (numberOf(loaded) ?? 0) + (numberOf(rejected) ?? 0) + (numberOf(left) ?? 0);
}

function countsText({ url, loaded, rejected, skipped: left }: Facts, total: number): string {
  return `${String(url)}: ${String(loaded)} loaded, ${String(rejected)} rejected, ${String(left)} skipped of ${total}`;
}

/** Rows that were rejected, all codes; undefined: no report says. */
export function rejectedRows({ report }: RunEvidence): number | undefined {
  if (report === undefined) return undefined;
  return listOf(report.facts.rejectedByCode).reduce<number>((sum, entry) => {
    return sum + (numberOf(recordOf(entry).rows) ?? 0);
  }, 0);
}

/** No row was rejected; else a person has to look at them. */
export function nothingRejected(evidence: RunEvidence): LineFinding {
  const rows = rejectedRows(evidence);
  if (rows === undefined) return open("the run has no report yet");
  if (rows === 0) return done(reportEvidence(evidence, "0 rows rejected"));
  return open(
    `${rows} rows were rejected: look at them, then --confirm rejected-rows="…"`,
    reportEvidence(evidence, `${rows} rows rejected`),
  );
}

/** As a protected run recorded it; undefined: it is for a person to say. */
export function dualWrite({ protection }: RunEvidence): LineFinding | undefined {
  const steps = listOf(protection?.facts.steps).map(recordOf);
  const step = steps.find(({ kind }) => kind === "dual write");
  if (protection === undefined || step === undefined) return undefined;
  const proof = {
    source: protection.path,
    at: textOf(protection.facts.startedAt),
    figure: String(step.detail),
  };
  if (step.state === "skipped") return skipped("a protected run has skipped it", proof);
  return step.state === "done" ? done(proof) : open("the step was not done", proof);
}

export function reportEvidence({ report }: RunEvidence, figure: string): Evidence {
  return { source: report?.path ?? "", at: textOf(report?.facts.endedAt), figure };
}
