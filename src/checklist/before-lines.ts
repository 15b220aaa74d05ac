import { join } from "node:path";
import { MANIFEST_FILE, type Manifest, readManifest, totalBytes } from "../backup/manifest.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { done, type Evidence, failed, type LineFinding, open, skipped } from "./checklist-line.js";
import { listOf, type RunEvidence, recordOf, textOf } from "./run-evidence.js";

/** A backup's manifest, or why there is none. */
interface KnownBackup {
  readonly path: string;
  readonly manifest: Manifest | undefined;
  readonly fault: string;
}

/** A copy of the source that the run has loaded. */
export async function sourceBackedUp(evidence: RunEvidence): Promise<LineFinding> {
  const { fingerprint } = recordOf(evidence.run.facts.source);
  const backups = await readBackups(evidence.backups);
  const ofSources = backups.filter(({ manifest }) => manifest?.content.kind === "source");
  const fitting = ofSources.find(({ manifest }) => {
    if (manifest?.content.kind !== "source") return false;
    const { inPlaceFingerprint, snapshotFingerprint } = manifest.content;
    return fingerprint === inPlaceFingerprint || fingerprint === snapshotFingerprint;
  });
  if (fitting?.manifest !== undefined) return done(backupEvidence(fitting.path, fitting.manifest));
  const [other] = ofSources;
  if (other?.manifest !== undefined) {
    const reason = "the backup is not of the state of the source that the run has loaded";
    return failed(reason, backupEvidence(other.path, other.manifest));
  }
  return damaged(backups) ?? open("no backup of the source was named or made: --backup DIR");
}

/** Of every target, made before the run began. */
export async function targetsBackedUp(evidence: RunEvidence): Promise<LineFinding> {
  const targets = targetsOf(evidence);
  if (targets.length === 0) return skipped("the run's targets keep no rows");
  const backups = await readBackups(evidence.backups);
  const startedAt = textOf(evidence.run.facts.startedAt) ?? "";
  const found: Evidence[] = [];
  for (const target of targets) {
    const own = backups.filter(({ manifest }) => {
      return manifest !== undefined && manifest.content.kind !== "source" && manifest.of === target;
    });
    const early = own.find(({ manifest }) => (manifest?.endedAt ?? "~") <= startedAt);
    const [late] = own;
    if (early?.manifest !== undefined) found.push(backupEvidence(early.path, early.manifest));
    else if (late?.manifest !== undefined) {
      const proof = backupEvidence(late.path, late.manifest);
      return failed(`the backup of ${target} was made after the run had begun`, proof);
    } else {
      return damaged(backups) ?? open(`no backup of ${target} was named or made: --backup DIR`);
    }
  }
  return done(...found);
}

/** What `octoload inspect --out` said before. */
export function inspected({ plans, run }: RunEvidence): LineFinding {
  const [plan] = plans;
  if (plan === undefined)
    return open("no plan was named: octoload inspect --out FILE, --plan FILE");
  const { kind, madeAt, verdict, exitCode } = plan.facts;
  const proof = { source: plan.path, at: textOf(madeAt), figure: `verdict: ${String(verdict)}` };
  if (kind !== "octoload-plan") return failed("the file is not what inspect writes", proof);
  if (exitCode !== 0) return failed("the preflight said no-go", proof);
  const startedAt = textOf(run.facts.startedAt) ?? "";
  if ((textOf(madeAt) ?? "~") > startedAt) {
    return failed("the preflight was made after the run had begun", proof);
  }
  const [planned, loaded] = [plan.facts.source, run.facts.source].map(recordOf);
  if (planned?.fingerprint === loaded?.fingerprint) return done(proof);
  return open("the preflight looked at another state of the source than was loaded", proof);
}

/** URLs of the run's targets that keep rows. */
export function targetsOf({ run }: RunEvidence): string[] {
  return listOf(run.facts.sinks).flatMap((url) => {
    return typeof url === "string" && !url.startsWith("null:") ? [url] : [];
  });
}

async function readBackups(folders: readonly string[]): Promise<KnownBackup[]> {
  return Promise.all(
    folders.map(async (path) => {
      try {
        return { path, manifest: await readManifest(path), fault: "" };
      } catch (error) {
        if (!(error instanceof OctoloadError)) throw error;
        return { path, manifest: undefined, fault: `${error.code}: ${error.fault}` };
      }
    }),
  );
}

/** What is said of a backup that cannot be read, where no other stands for it. */
function damaged(backups: readonly KnownBackup[]): LineFinding | undefined {
  const bad = backups.find(({ manifest }) => manifest === undefined);
  if (bad === undefined) return undefined;
  return failed(bad.fault, { source: bad.path, at: null, figure: "no backup" });
}

function backupEvidence(path: string, manifest: Manifest): Evidence {
  const figure =
    manifest.content.kind === "absent"
      ? `nothing was there: ${manifest.of}`
      : `${totalBytes(manifest)} bytes of ${manifest.of}`;
  return { source: join(path, MANIFEST_FILE), at: manifest.endedAt, figure };
}
