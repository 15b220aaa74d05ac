import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { switchDualWriteOn } from "../../src/cassandra/t0.js";
import { protectedBackfill } from "../../src/protect/protected-backfill.js";
import type { Layout } from "../../src/sink/sink.js";
import { runCli } from "../cli/run-cli.js";
import { keyOfRow } from "../support/prune-samples.js";
import { rejectionOf } from "../support/rejection-of.js";
import { nodeTable, readJson } from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { clusterPlants } from "./cluster-plants.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

const folder = tempFolder();
const HOUR_US = 3_600_000_000n;

function newSource(...table: Parameters<typeof nodeTable>): string {
  const path = join(mkdtempSync(join(folder, "source-")), "earth.db");
  writeTable(path, nodeTable(...table));
  return path;
}

const load = (keyspace: LoadKeyspace, source: string) =>
  loadInto([keyspace.url], folder, { sources: [source], sourceName: "earth" });

describeOnCassandra("a protected run into Cassandra", (cassandra) => {
  const opened: LoadKeyspace[] = [];
  const open = async (layout: Layout) => {
    const keyspace = await openLoadKeyspace(cassandra, layout);
    opened.push(keyspace);
    return keyspace;
  };

  afterAll(async () => {
    for (const keyspace of opened) await keyspace.end();
  });

  it("puts rows back where some differ, and a target away that was not there", async () => {
    const [kept, absent] = [await open("node"), await open("tile")];
    await load(kept, newSource(30));
    // Somebody whose clock is an hour ahead: the load cannot win there, and nobody would see it.
    const ahead = clusterPlants(kept, BigInt(Date.now()) * 1000n + HOUR_US);
    await ahead.write(3, { material_id: 4242 });
    const [cells, times] = [await kept.cells(), await kept.writeTimes()];
    const runDir = join(mkdtempSync(join(folder, "protected-")), "run");
    const source = newSource(60, { 3: { MaterialId: 77n } });
    const { exitCode, stdout, stderr } = await runCli([
      ...["backfill", source, "--source-name", "earth", "--protected", "--run-dir", runDir],
      ...["--to", kept.url, "--to", absent.url],
    ]);
    expect(exitCode, stdout + stderr).toBe(6);
    const file = readJson(runDir, "protected.json") as {
      readonly outcome: string;
      readonly failure: string;
      readonly steps: readonly { kind: string; state: string; evidence: string }[];
    };
    expect(file.outcome).toBe("restored");
    const [failed] = file.steps.filter(({ state }) => state === "failed");
    expect(failed?.kind).toBe("validate");
    const found = readJson(failed?.evidence ?? "", "validation.json") as {
      readonly findings: readonly { class: string; level: number; code: string }[];
    };
    expect(found.findings.map((one) => `${one.class} ${one.level} ${one.code}`)).toEqual([
      `different ${keyOfRow(3)}`,
    ]);
    expect(await kept.cells()).toEqual(cells);
    expect(await kept.writeTimes()).toEqual(times);
    const keyspaces = await absent.execute(
      `SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = '${absent.keyspace}'`,
    );
    expect(keyspaces).toEqual([]);
  });

  it("is refused while dual write is on", async () => {
    const keyspace = await open("node");
    await load(keyspace, newSource(5));
    await switchDualWriteOn(keyspace.session);
    const runDir = join(mkdtempSync(join(folder, "protected-")), "run");
    const refused = protectedBackfill({
      load: { sources: [newSource(5)], to: [keyspace.url], runDir },
      validate: () => Promise.reject(new Error("not reached")),
      env: {},
    });
    expect((await rejectionOf(refused)).code).toBe("TARGET_LIVE");
    expect(existsSync(runDir)).toBe(false);
  });
});
