import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createSink } from "../sink/create-sink.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { closing, type ScratchTarget } from "./closing-scratch.js";
import type { TargetFindings } from "./target-findings.js";

/** @throws OctoloadError CASSANDRA_*, TARGET_* */
export async function openScratch(findings: TargetFindings): Promise<ScratchTarget> {
  const { url, layout, embedded } = findings;
  const target = parseTargetUrl(url);
  if (target.kind === "null") return closing(await createSink(url), async () => null);
  if (target.kind === "sqlite") {
    const folder = await mkdtemp(join(embedded?.folder ?? ".", "octoload-probe-"));
    const sink = await createSink(`sqlite:${join(folder, "probe.octree")}?layout=${layout}`);
    return closing(sink, async () => {
      await rm(folder, { recursive: true, force: true });
      return null;
    });
  }
  // The driver is large: loaded only where it is used.
  const { openScratchKeyspace } = await import("./scratch-keyspace.js");
  return openScratchKeyspace({ ...target, layout }, findings);
}
