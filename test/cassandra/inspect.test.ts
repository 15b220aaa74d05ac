import { afterAll, beforeAll, expect, it } from "vitest";
import { inspect } from "../../src/inspect/inspect.js";
import type { InspectOptions, InspectReport } from "../../src/inspect/inspect-options.js";
import { reportToJson } from "../../src/inspect/report-json.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { backfillCase } from "../support/backfill-case.js";
import { nodeTable } from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

describeOnCassandra("an inspection of a cluster", (cassandra) => {
  const folder = tempFolder();
  const at = backfillCase(folder, nodeTable(3000));
  let keyspace: LoadKeyspace;

  const look = (options: InspectOptions = {}): Promise<InspectReport> =>
    inspect({
      sources: [at.source],
      to: [keyspace.url],
      memoryBytes: MIN_MEMORY_BYTES,
      ...options,
    });

  const line = ({ lines }: InspectReport, check: string) =>
    lines.find((one) => one.check === check && one.subject === "target");

  const keyspaces = async () => {
    const { client } = keyspace.session;
    const result = await client.execute("SELECT keyspace_name FROM system_schema.keyspaces");
    return result.rows.map((row) => String(row.get("keyspace_name"))).sort();
  };

  beforeAll(async () => {
    keyspace = await openLoadKeyspace(cassandra, "tile");
  });

  afterAll(() => keyspace.end());

  it("finds servers that would take the load, and changes nothing", async () => {
    const before = await keyspaces();
    const report = await look();
    expect(report.lines.filter(({ verdict }) => verdict === "no-go")).toEqual([]);
    expect(line(report, "version")?.finding).toMatch(/^1 node of Cassandra [45]\./);
    expect(line(report, "clock")?.verdict).toBe("go");
    expect(line(report, "copies")?.verdict).toBe("warning");
    expect(line(report, "disk")?.verdict).toBe("go");
    expect(line(report, "batches")?.verdict).toBe("go");
    expect(line(report, "limits")).toBeUndefined();
    expect(await keyspaces()).toEqual(before);
    expect(JSON.stringify(reportToJson(report))).not.toContain("data_file_directories");
  });

  it("probes in a keyspace of its own, which is gone afterwards", async () => {
    const before = await keyspaces();
    const report = await look({ probe: true });
    expect(report.targets[0]).toMatchObject({ refusals: [], probe: { left: null } });
    expect(report.targets[0]?.probe?.rowsPerSecond).toBeGreaterThan(0);
    expect(line(report, "gc_grace")?.verdict).toBe("go");
    expect(await keyspaces()).toEqual(before);
  });

  it("says what a load would say: layouts, frames, sources and T0", async () => {
    const { report: loaded } = await loadInto([keyspace.url], folder, { sources: [at.source] });
    expect(loaded.outcome).toBe("done");
    const again = await look();
    expect(again.targets[0]).toMatchObject({ sources: ["source.db"], refusals: [] });
    expect(again.targets[0]?.cassandra).toMatchObject({ isTableEmpty: false });
    expect(line(again, "existing data")?.verdict).toBe("warning");
    const codes = async (options: InspectOptions) =>
      (await look(options)).lines.flatMap(({ verdict, code }) =>
        verdict === "no-go" ? [code] : [],
      );
    expect(await codes({ to: [keyspace.url.replace("tile", "node")] })).toEqual(["TARGET_LAYOUT"]);
    expect(await codes({ sourceName: "other" })).toEqual(["TARGET_SOURCE", "SOURCE_OVERLAP"]);
    const frame = { name: "own", min: [-1e7, -1e7, -1e7], size: [2e7, 2e7, 2e7] } as const;
    expect(await codes({ frame })).toEqual(["TARGET_FRAME"]);
  });

  it("is no-go where nobody answers", async () => {
    const report = await look({ to: ["cassandra://127.0.0.1:1/none?dc=dc1"] });
    const refused = report.lines.filter(({ verdict }) => verdict === "no-go");
    expect(refused.map(({ code }) => code)).toEqual(["CASSANDRA_UNREACHABLE"]);
    expect(report.exitCode).toBe(7);
  });
});
